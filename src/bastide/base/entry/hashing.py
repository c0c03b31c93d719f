"""How passwords are hashed: Argon2id with the parameters of OWASP's password storage sheet (19 MiB, two passes).

Django's own take 100 MiB and eight lanes: twenty people who sign in at eight o'clock then wait for seconds and take
two gigabytes. A password hashed with other parameters is hashed anew when its owner signs in next.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
