"""Reading network maps: GML and GraphML, well drawn and badly."""

from __future__ import annotations

from pathlib import Path

import pytest

from bastide.registry.intake import maps
from bastide.registry.intake.sheets import UnreadableError

GRAPHML = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
  <key id="d0" for="node" attr.name="label" attr.type="string"/>
  <key id="d1" for="node" attr.name="Latitude" attr.type="double"/>
  <graph id="G" edgedefault="directed">
    <node id="n0"><data key="d0">北京</data><data key="d1">39.9</data></node>
    <node id="n1"><data key="d9"><y:ShapeNode><y:NodeLabel>Tianjin</y:NodeLabel></y:ShapeNode></data></node>
    <node/>
    <edge source="n0" target="n1"/>
    <edge source="n0"/>
  </graph>
</graphml>"""

SOME = ["Arpanet19728.gml", "Airtel.gml", "Cernet.gml", "Kdl.gml", "Psnc.gml", "Garr201103.gml"]


class TestGml:
    def test_doubles_and_none_labels_do_not_stop_it(self) -> None:
        drawn = maps.read(b'Creator "x"\ngraph [\n directed 1\n node [ id 1 label "A &#228; &amp; B" ]\n'
                          b' node [ id 2 label "None" graphics [ x 1 y [ z 2 ] ] ]\n edge [ source 1 target 2 ] ]')  # fmt: skip
        assert [(node.id, node.label, node.line) for node in drawn.nodes] == [("1", "A ä & B", 4), ("2", "", 5)]
        assert (drawn.is_directed, drawn.edges[0].source) == (True, "1")

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("graph [\n node [ id 1 ]\n", 1), ('graph [\n node [ label "open ]', 2), ("graph [ ]\n]", 2),
            ("graph [\n 12 13\n]", 2), ("graph [\n node ]", 2), ("[", 1),
        ],
    )  # fmt: skip
    def test_a_fault_is_told_with_its_line(self, text: str, line: int) -> None:
        with pytest.raises(UnreadableError) as error:
            maps.read(text.encode())
        assert error.value.problem.args["line"] == line

    def test_a_node_without_id_is_a_problem_of_its_own(self) -> None:
        drawn = maps.read(b"graph [ node [ label x ] node [ id 1 ] edge [ source 1 ] ]")
        assert [len(node.problems) for node in drawn.nodes] == [1, 0]
        assert drawn.edges[0].problems

    @pytest.mark.parametrize("data", [b"", b"hello world", b"graph 7", b"graph [ ]"])
    def test_what_is_no_map_is_refused(self, data: bytes) -> None:
        with pytest.raises(UnreadableError):
            maps.read(data)

    def test_it_ends_for_brackets_without_end(self) -> None:
        with pytest.raises(UnreadableError):
            maps.read(b"a [ " * 100_000)

    def test_a_huge_map_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(maps, "ELEMENT_LIMIT", 3)
        with pytest.raises(UnreadableError, match="3"):
            maps.read(b"graph [" + b" node [ id 1 ]" * 4 + b" ]")


class TestGraphMl:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_labels_data_and_lines_are_read(self, encoding: str) -> None:
        drawn = maps.read(GRAPHML.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding))
        assert [(node.id, node.label, node.latitude) for node in drawn.nodes] == [
            ("n0", "北京", "39.9"), ("n1", "Tianjin", ""), ("", "", ""),
        ]  # fmt: skip
        assert drawn.is_directed
        assert [bool(edge.problems) for edge in drawn.edges] == [False, True]
        assert drawn.nodes[2].line == 8

    @pytest.mark.parametrize(
        "prologue",
        [
            '<!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
            '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE g SYSTEM "http://example.net/g.dtd">',
        ],
    )
    def test_entities_and_document_types_are_refused(self, prologue: str) -> None:
        with pytest.raises(UnreadableError):
            maps.read(f"{prologue}<graphml><graph><node id='&b;'/></graph></graphml>".encode())

    def test_broken_xml_is_told_with_its_line(self) -> None:
        with pytest.raises(UnreadableError) as error:
            maps.read(b"<graphml>\n<graph>\n</graphml>")
        assert error.value.problem.args["line"] == 3

    def test_other_xml_is_refused(self) -> None:
        with pytest.raises(UnreadableError):
            maps.read(b"<svg/>")


class TestTopologyZoo:
    @pytest.mark.parametrize("name", SOME)
    def test_some_real_networks_are_read(self, shared_data: Path, name: str) -> None:
        drawn = maps.read((shared_data / "analytics" / "zoo" / name).read_bytes())
        assert drawn.nodes
        assert drawn.edges

    @pytest.mark.everything
    def test_all_of_them_are_read(self, shared_data: Path) -> None:
        drawn = [maps.read(path.read_bytes()) for path in sorted((shared_data / "analytics" / "zoo").glob("*.gml"))]
        assert sum(len(one.nodes) for one in drawn) == 5172
        assert not [node for one in drawn for node in one.nodes if node.problems]
