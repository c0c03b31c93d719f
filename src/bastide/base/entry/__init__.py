"""How people come in: sign-in, invitations, roles given and ended, keys for programs."""
