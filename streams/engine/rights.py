"""A right is missing: which one, and what grants it.  Both Kafka clients say so in their own words."""

from __future__ import annotations

from aiokafka import errors as aiokafka_errors
from confluent_kafka import KafkaError

from streams.engine.errors import SetupError

_DENIED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
_FAUST_SIDE = (
    aiokafka_errors.TopicAuthorizationFailedError,
    aiokafka_errors.GroupAuthorizationFailedError,
    aiokafka_errors.ClusterAuthorizationFailedError,
)


def is_denied(error: KafkaError) -> bool:
    """librdkafka's error is a missing right."""
    return error.code() in _DENIED


def missing_right(of: str, said: str) -> SetupError:
    """The error to stop with."""
    return SetupError(
        f"this user lacks a right on {of} ({said}): grant it; `streams topics acls` prints all rights a worker needs"
    )


def plain(problem: BaseException) -> BaseException:
    """The problem as people need it: a missing right that Faust's client met becomes a SetupError."""
    if isinstance(problem, aiokafka_errors.GroupAuthorizationFailedError):
        return missing_right(f"consumer group {problem.args[0] if problem.args else ''}", "Read denied")
    if isinstance(problem, aiokafka_errors.TopicAuthorizationFailedError):
        return missing_right(f"topic {problem.args[0] if problem.args else ''}", "Read denied")
    if isinstance(problem, _FAUST_SIDE):
        return missing_right("the cluster", type(problem).__name__)
    return problem
