"""Secrets from the environment, a file or a command; never from the command line, never printed.

Every secret NAME may be given as ``TTS_NAME`` (the value), ``TTS_NAME_FILE`` (a file that holds it) or
``TTS_NAME_COMMAND`` (a command that prints it).  Exactly one of the three.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

SECRETS = (
    *("TIKTOK_APP_SECRET", "TOKEN_KEYS", "COMMERCETOOLS_CLIENT_SECRET", "COMMERCETOOLS_SETUP_CLIENT_SECRET"),
    *("CONFLUENT_API_KEY", "CONFLUENT_API_SECRET", "KAFKA_PASSWORD", "REGISTRY_PASSWORD", "KAFKA_KEY_PASSWORD"),
)
"""Every secret but those of single markets."""
SECRETS_OF_MARKETS = ("AUTH_CODE", "REFRESH_TOKEN")
"""How ``SHOP_<MARKET>_…`` may end."""
FORMS = ("", "_FILE", "_COMMAND")
"""What is put behind a secret's name: nothing for the value itself."""
_COMMAND_TIMEOUT_S = 30.0


class SecretProblem(ValueError):
    """A secret is missing, doubled or unreadable; names the variables, never the value."""


def read_secret(name: str, environment: Mapping[str, str]) -> SecretStr | None:
    """The secret, or None when none of its variables is set."""
    sources = [variable for form in FORMS if environment.get(variable := f"TTS_{name}{form}")]
    if not sources:
        return None
    if len(sources) > 1:
        raise SecretProblem(f"{' and '.join(sources)} are both set: keep one of them")
    variable = sources[0]
    value = environment[variable]
    if variable.endswith("_FILE"):
        try:
            value = Path(value).read_text(encoding="utf-8").strip()
        except OSError as problem:
            raise SecretProblem(
                f"{variable} names {value!r}, which cannot be read: {problem.strerror}. Remedy: name a file this user "
                "may read"
            ) from problem
        except ValueError:
            raise SecretProblem(
                f"{variable} names {value!r}, which holds no UTF-8 text. Remedy: name the file that holds the secret"
            ) from None
    elif variable.endswith("_COMMAND"):
        value = _printed_by(variable, value)
    if not value:
        raise SecretProblem(f"{variable} gives an empty value")
    return SecretStr(value)


def _printed_by(variable: str, command: str) -> str:
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, timeout=_COMMAND_TIMEOUT_S, check=True, text=True
        )
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        raise SecretProblem(f"{variable}: the command failed ({type(problem).__name__}); run it by hand") from None
    return done.stdout.strip()


def required(name: str, found: SecretStr | None, purpose: str) -> SecretStr:
    """The secret, or an error that says how to give it."""
    if found is None:
        raise SecretProblem(f"{purpose} needs TTS_{name} (or TTS_{name}_FILE, TTS_{name}_COMMAND)")
    return found
