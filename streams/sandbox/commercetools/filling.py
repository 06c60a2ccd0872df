"""What a new fake holds: one project, its API client, channels and stock.

It is put in place once, when the fake's own file is new; after that the file on disk is the truth.
"""

from typing import Any

from pydantic import Field

from streams.sandbox import store
from streams.sandbox.commercetools import control_conditions, control_setup
from streams.sandbox.commercetools import control_requests as wanted
from streams.sandbox.commercetools.fake import Commercetools

DEFAULT_CLIENT = wanted.Client(client_id="sandbox-client", client_secret="sandbox-secret")  # noqa: S106 - opens nothing but a sandbox


class Contents(wanted.Wanted):
    """The section `commercetools` of a sandbox's file."""

    project: str = wanted.DEFAULT_PROJECT
    messages_enabled: bool = True
    clients: tuple[wanted.Client, ...] = (DEFAULT_CLIENT,)
    channels: tuple[wanted.Channel, ...] = ()
    levels: dict[str, dict[str, int]] = Field(default_factory=dict)
    """`quantityOnStock` by channel key and SKU; the channel key "" is general stock."""
    switches: dict[str, Any] = Field(default_factory=dict)


def fill(fake: Commercetools, contents: Contents) -> None:
    """Put everything in place, unless this fake has been used before."""
    world, key = fake.world, contents.project
    if world.db.execute("SELECT 1 FROM project LIMIT 1").fetchone():
        return
    with store.transaction(world.db):
        control_setup.projects(
            world, wanted.Projects(projects=(wanted.Project(key=key, messages_enabled=contents.messages_enabled),))
        )
        given = tuple(one.model_copy(update={"project": key}) for one in contents.clients)
        control_setup.clients(world, wanted.Clients(clients=given))
        control_setup.new_channels(world, wanted.Channels(project=key, channels=contents.channels))
        control_setup.set_up(world, wanted.Levels(project=key, levels=contents.levels))
        control_conditions.switch(world, wanted.Switched(switches=contents.switches))
