"""From the text of Sigma rules to expression trees: pySigma reads them, this file says what their values ask for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from sigma import conditions as sigma_conditions
from sigma import types as sigma
from sigma.collection import SigmaCollection
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.filters import SigmaFilter
from sigma.pipelines.sysmon.sysmon import sysmon_pipeline
from sigma.pipelines.windows.windows import windows_logsource_pipeline
from sigma.processing.pipeline import ProcessingPipeline
from sigma.rule import SigmaRule

from .correlation import Correlation
from .leaves import test_of
from .regex import Unsupported
from .rules import Logsource, Rejected, Rule, WrongPipeline
from .tree import FALSE, Kind, Leaf, Node, conjunction, depth, disjunction, negation

Placeholders = Mapping[str, Sequence[str]]

LONGEST_RULE: Final = 1 << 20
MOST_NODES: Final = 100_000
MOST_DASHES: Final = 6
DEEPEST_TREE: Final = 64


class Refusal(ValueError):
    """The rule cannot be evaluated; code and words say why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Document:
    line: int
    content: dict[str, Any]


def pipeline_of(name: str, text: str) -> ProcessingPipeline:
    """A processing pipeline from its YAML; WrongPipeline where pySigma does not understand it."""
    try:
        return ProcessingPipeline.from_yaml(text)
    except Exception as problem:  # pySigma raises many kinds
        reason = " ".join(str(problem).split()) or type(problem).__name__
        raise WrongPipeline(f"{name} is no pipeline pySigma understands: {reason}") from problem


def translate(
    name: str,
    rule_text: str,
    placeholders: Placeholders,
    pipelines: Sequence[ProcessingPipeline] = (),
    filters: Sequence[Filter] = (),
) -> Iterator[Rule | Correlation | Rejected]:
    """Every rule and correlation of one file, or why it is none. `name` is where the text came from."""
    try:
        documents = list(_documents(rule_text))
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        reason = " ".join(str(getattr(problem, "problem", None) or problem).split())
        yield Rejected(name, mark.line + 1 if mark else 1, "yaml", f"not YAML: {reason}")
        return
    except (Refusal, ValueError, RecursionError) as problem:
        code = problem.code if isinstance(problem, Refusal) else "yaml"
        yield Rejected(name, 1, code, str(problem))
        return
    for group in _groups(documents):
        if "filter" not in group[0].content:
            yield from _translated(name, group, placeholders, pipelines, filters)


class Filter:
    """A filter document: an exception that is put on the rules it names, wherever they come from."""

    def __init__(self, name: str, line: int, parsed: SigmaFilter) -> None:
        self.name, self.line, self._parsed = name, line, parsed
        self.applied = 0

    def apply(self, rule: SigmaRule) -> None:
        """Puts the exception on the rule, if it is meant."""
        before = list(rule.detection.condition)
        self._parsed.apply_on_rule(rule)
        self.applied += rule.detection.condition != before

    def idle(self) -> Rejected | None:
        """Why the filter does nothing, if it does nothing."""
        reason = "it names no rule of this set, or none of its log source"
        return None if self.applied else Rejected(self.name, self.line, "filter", reason)


def filters_of(name: str, text: str) -> Iterator[Filter | Rejected]:
    """The filter documents of one file. Files that are no YAML are told of by `translate`."""
    if "filter:" not in text:
        return
    try:
        documents = list(_documents(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for document in documents:
        if "filter" in document.content:
            try:
                yield Filter(name, document.line, SigmaFilter.from_dict(document.content))
            except Exception as problem:  # a filter may fail in any way, and is then listed with its reason
                reason = " ".join(str(problem).split()) or type(problem).__name__
                yield Rejected(name, document.line, "filter", reason)


def _correlated(name: str, line: int, content: dict[str, Any]) -> Correlation | Rejected:
    try:
        return _correlation(name, line, SigmaCorrelationRule.from_dict(content))
    except Exception as problem:  # a correlation may fail in any way, and is then listed with its reason
        return Rejected(name, line, "correlation", " ".join(str(problem).split()) or type(problem).__name__)


def _correlation(name: str, line: int, rule: SigmaCorrelationRule) -> Correlation:
    condition = rule.condition
    if not isinstance(condition, SigmaCorrelationCondition):
        raise Refusal(
            "correlation", "conditions that join rules by and, or, not are not evaluated: name the rules in a list"
        )
    kind = rule.type.name.lower()
    rules = tuple(reference.reference for reference in rule.rules or ())
    given = condition.fieldref
    fields = tuple(given) if isinstance(given, list) else (given,) if given else ()
    if kind.startswith("value_") and not fields:
        raise Refusal("correlation", f"{kind} needs a field in its condition")
    aliases = [
        (one.alias, {reference.reference: field for reference, field in one.mapping.items()}) for one in rule.aliases
    ]
    ident = str(rule.id) if rule.id else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{rule.title}\n{kind}\n{rules}"))
    return Correlation(
        id=ident, title=rule.title, name=rule.name or "", level=rule.level.name.lower() if rule.level else "",
        path=name, line=line, type=kind, rules=rules, group_by=tuple(rule.group_by or ()), span=rule.timespan.seconds,
        op=condition.op.name.lower(), bound=float(condition.count),
        fields=fields, percentile=condition.percentile or 0,
        aliases=tuple((alias, tuple(mapping.items())) for alias, mapping in aliases),
        generate=rule.generate, tags=tuple(str(tag) for tag in rule.tags),
    )  # fmt: skip


def _documents(rule_text: str) -> Iterator[_Document]:
    if len(rule_text) > LONGEST_RULE:
        raise Refusal("long", f"{len(rule_text):,} characters, a rule file may have {LONGEST_RULE:,}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(rule_text)
    try:
        while loader.check_node():
            node = loader.get_node()
            if node is None:
                continue
            _count(node)
            content = loader.construct_document(node)
            line = node.start_mark.line + 1
            if content is None:
                continue
            if not isinstance(content, dict):
                raise Refusal("yaml", f"line {line}: a rule is a mapping of title, logsource and detection")
            yield _Document(line, content)
    finally:
        loader.dispose()


def _count(node: yaml.Node) -> None:
    """Aliases that multiply are refused before anything walks them."""
    stack, seen = [node], 0
    while stack:
        seen += 1
        if seen > MOST_NODES:
            raise Refusal("long", f"more than {MOST_NODES:,} values, aliases written out")
        top = stack.pop()
        if isinstance(top, yaml.SequenceNode):
            stack.extend(top.value)
        elif isinstance(top, yaml.MappingNode):
            stack.extend(part for pair in top.value for part in pair)


def _groups(documents: list[_Document]) -> Iterator[list[_Document]]:
    """Documents stand alone, unless actions (global, repeat) tie those of a file together."""
    if any("action" in document.content for document in documents):
        yield documents
    else:
        yield from ([document] for document in documents)


def _translated(
    name: str,
    group: list[_Document],
    placeholders: Placeholders,
    pipelines: Sequence[ProcessingPipeline],
    filters: Sequence[Filter],
) -> Iterator[Rule | Correlation | Rejected]:
    line = group[0].line
    try:
        for document in group:
            _refuse_early(document.content)
        if "correlation" in group[0].content:
            yield _correlated(name, line, group[0].content)
            return
        collection = SigmaCollection.from_dicts([document.content for document in group], collect_errors=True)
        if collection.errors:
            raise Refusal("rule", "; ".join(dict.fromkeys(str(error) for error in collection.errors)))
    except Exception as problem:  # a rule may fail in any way, and is then listed with its reason
        yield _rejected(name, line, problem)
        return
    for rule in collection.rules:
        try:
            if not isinstance(rule, SigmaRule):
                raise Refusal("kind", "not a rule")
            for exception in filters:
                exception.apply(rule)
            for each in pipelines:
                each.apply(rule)
            yield _rule(name, line, rule, placeholders)
        except Exception as problem:  # as above
            yield _rejected(name, line, problem)


def _rejected(name: str, line: int, problem: Exception) -> Rejected:
    if isinstance(problem, RecursionError):
        return Rejected(name, line, "condition", "nested too deep")
    code = problem.code if isinstance(problem, Refusal) else "regex" if isinstance(problem, Unsupported) else "rule"
    reason = " ".join(str(problem).split()) or type(problem).__name__
    return Rejected(name, line, code, reason)


def _refuse_early(content: dict[str, Any]) -> None:
    for key, value in _items(content.get("detection")):
        if "windash" in key.split("|"):
            for each in value if isinstance(value, list) else [value]:
                dashes = len(re.findall(r"\B[-/]\b", str(each)))
                if dashes > MOST_DASHES:
                    raise Refusal("long", f"{dashes} dashes under windash, at most {MOST_DASHES} are expanded")


def _items(value: object) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key), inner
            yield from _items(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _items(inner)


def pipeline() -> ProcessingPipeline:
    """How generic Windows log sources become channels and event ids: Sysmon's first, then the channels."""
    return sysmon_pipeline() + windows_logsource_pipeline()


_PIPELINE: Final = pipeline()


def _rule(name: str, line: int, rule: SigmaRule, placeholders: Placeholders) -> Rule:
    source = rule.logsource
    logsource = Logsource(source.product or "", source.category or "", source.service or "")
    reader = _Reader(placeholders)
    tree = disjunction(reader.node(_parsed(condition)) for condition in rule.detection.parsed_condition)
    own = set(rule.detection.detections)
    if logsource.product == "windows":
        _PIPELINE.apply(rule)
    added = [_detected(rule, each) for each in rule.detection.detections if each not in own]
    gate = conjunction(reader.node(each) for each in added)
    if depth(tree) > DEEPEST_TREE:
        raise Refusal("condition", f"nested deeper than {DEEPEST_TREE} levels")
    test_of(conjunction((gate, tree)))
    if tree == FALSE:
        raise Refusal("condition", "the condition can never be true")
    ident = str(rule.id) if rule.id else str(uuid.uuid5(uuid.NAMESPACE_URL, f"{rule.title}\n{tree!r}"))
    tags = tuple(str(tag) for tag in rule.tags)
    return Rule(
        id=ident,
        title=rule.title,
        name=rule.name or "",
        level=rule.level.name.lower() if rule.level else "",
        status=rule.status.name.lower() if rule.status else "",
        author=rule.author or "",
        description=rule.description or "",
        references=tuple(map(str, rule.references)),
        falsepositives=tuple(map(str, rule.falsepositives or ())),
        date=rule.date.isoformat() if rule.date else "",
        modified=rule.modified.isoformat() if rule.modified else "",
        tags=tags,
        logsource=logsource,
        path=name,
        line=line,
        gate=gate,
        tree=tree,
    )


def _parsed(condition: sigma_conditions.SigmaCondition) -> object:
    parsed = condition.parsed
    if parsed is None:
        raise Refusal("condition", f"condition {condition.condition!r} names no detection that asks for anything")
    return parsed


def _detected(rule: SigmaRule, name: str) -> object:
    return sigma_conditions.ConditionIdentifier([name]).postprocess(rule.detection)


class _Reader:
    """Turns pySigma's condition trees into ours."""

    def __init__(self, placeholders: Placeholders) -> None:
        self.placeholders = placeholders

    def node(self, item: object) -> Node:
        match item:
            case sigma_conditions.ConditionAND():
                return conjunction(map(self.node, item.args))
            case sigma_conditions.ConditionOR():
                return disjunction(map(self.node, item.args))
            case sigma_conditions.ConditionNOT():
                return negation(self.node(item.args[0]))
            case sigma_conditions.ConditionFieldEqualsValueExpression():
                return self.value(item.field, item.value)
            case sigma_conditions.ConditionValueExpression():
                return self.value(None, item.value)
            case _:
                raise Refusal("condition", f"unknown part of a condition: {type(item).__name__}")

    def value(self, field: str | None, value: sigma.SigmaType) -> Node:
        """The leaf that asks a field (None: any value) for a Sigma value."""
        match value:
            case sigma.SigmaExpansion():
                return disjunction(self.value(field, each) for each in value.values)
            case sigma.SigmaString():
                return self.string(field, value)
            case sigma.SigmaRegularExpression():
                return self.regex(field, value)
            case sigma.SigmaTimestampPart():
                return Leaf(Kind.PART, _named(field), (str(value),), value.timestamp_part.name.lower())
            case sigma.SigmaNumber() | sigma.SigmaBool():
                return Leaf(Kind.EQUALS if field else Kind.CONTAINS, field, (str(value).lower(),))
            case sigma.SigmaNull():
                return Leaf(Kind.NULL, _named(field))
            case sigma.SigmaExists():
                return Leaf(Kind.EXISTS, _named(field), (), "yes" if value else "no")
            case sigma.SigmaCIDRExpression():
                return Leaf(Kind.CIDR, _named(field), (str(value.network),))
            case sigma.SigmaFieldReference():
                relation = ("equals", "starts", "ends", "contains")[value.starts_with + 2 * value.ends_with]
                return Leaf(Kind.FIELD, _named(field), (value.field,), relation)
            case sigma.SigmaCompareExpression():
                return Leaf(Kind.COMPARE, _named(field), (str(value.number),), value.op.name.lower())
            case _:
                raise Refusal("value", f"values of kind {type(value).__name__} are not evaluated")

    def string(self, field: str | None, value: sigma.SigmaString) -> Node:
        cased = isinstance(value, sigma.SigmaCasedString)
        if not value.contains_placeholder():
            return _text(field, value, cased)
        return disjunction(_text(field, each, cased) for each in value.replace_placeholders(self.expand))

    def regex(self, field: str | None, value: sigma.SigmaRegularExpression) -> Node:
        flags = "".join(sorted(value.sigma_to_re_flag[flag] for flag in value.flags))
        if value.contains_placeholder():
            value.regexp = value.regexp.replace_placeholders(self.expand)[0]
        return Leaf(Kind.REGEX, field, (value.regexp.to_plain_regex(),), flags)

    def expand(self, placeholder: sigma.Placeholder) -> Iterator[str]:
        if placeholder.name not in self.placeholders:
            raise Refusal("placeholder", f"placeholder %{placeholder.name}% has no values in this installation")
        yield from self.placeholders[placeholder.name]


def _named(field: str | None) -> str:
    if field is None:
        raise Refusal("value", "only texts, numbers and regular expressions can be keywords")
    return field


def _text(field: str | None, value: sigma.SigmaString, cased: bool) -> Node:
    """A text with or without wildcards. A keyword is looked for inside values, whatever stands around it."""
    parts = _merged(value.s, (lambda text: text) if cased else str.lower)
    star = sigma.SpecialChars.WILDCARD_MULTI
    if field is None and not parts:
        parts = [star]
    if field is None and parts != [star]:
        parts = [star, *parts, star]
        parts = parts[parts[1] is star : len(parts) - (parts[-2] is star)]
    texts = [part for part in parts if isinstance(part, str)]
    match [part if isinstance(part, sigma.SpecialChars) else "text" for part in parts]:
        case [sigma.SpecialChars.WILDCARD_MULTI]:
            return Leaf(Kind.ANY, field)
        case []:
            return Leaf(Kind.EQUALS, field, ("",), "", cased)
        case ["text"]:
            return Leaf(Kind.EQUALS, field, (texts[0],), "", cased)
        case [sigma.SpecialChars.WILDCARD_MULTI, "text", sigma.SpecialChars.WILDCARD_MULTI]:
            return Leaf(Kind.CONTAINS, field, (texts[0],), "", cased)
        case ["text", sigma.SpecialChars.WILDCARD_MULTI]:
            return Leaf(Kind.STARTS, field, (texts[0],), "", cased)
        case [sigma.SpecialChars.WILDCARD_MULTI, "text"]:
            return Leaf(Kind.ENDS, field, (texts[0],), "", cased)
    return Leaf(Kind.WILD, field, ("".join(map(_pattern, parts)),), "", cased)


def _merged(
    parts: Sequence[str | sigma.SpecialChars | sigma.Placeholder], fold: Callable[[str], str]
) -> list[str | sigma.SpecialChars]:
    """Neighbouring texts joined and folded in case, runs of `*` made one."""
    merged: list[str | sigma.SpecialChars] = []
    for part in parts:
        if isinstance(part, sigma.Placeholder):
            raise Refusal("placeholder", f"placeholder %{part.name}% was not replaced")
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        elif part is not sigma.SpecialChars.WILDCARD_MULTI or merged[-1:] != [part]:
            merged.append(part)
    return [fold(part) if isinstance(part, str) else part for part in merged if part != ""]


def _pattern(part: str | sigma.SpecialChars) -> str:
    if isinstance(part, str):
        return re.sub(r"([*?\\])", r"\\\1", part)
    return "*" if part is sigma.SpecialChars.WILDCARD_MULTI else "?"
