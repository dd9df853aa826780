"""Codes made on the platform and kept: asked for once, and made anew only when a temporary one runs out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.followers.scenes import SceneCode, ScenePlace, Scenes, check_scene
from bot.wechat.menus import CallsPlatform
from bot.wechat.qr import make_code

_NEARLY_OVER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SceneDesk:
    """One account's codes. Making one raises DeliveryRefused or DeliveryUnknown, and SceneInvalid before that."""

    account: str
    client: CallsPlatform
    scenes: Scenes

    async def add(
        self, place: ScenePlace, *, days: int | None, by: str, now: datetime
    ) -> tuple[SceneCode, bool]:
        """The code for a place, and whether the platform had to make one: printed codes stay good when only the
        label or the place behind them changes."""
        check_scene(place)
        present = await self.scenes.code(self.account, place.scene)
        if present is not None and not self.needs_new(present, days=days, now=now):
            kept = replace(present, place=place)
            if kept != present:
                await self.scenes.put([kept])
            return kept, False
        made = await make_code(self.client, place.scene, days=days, now=now)
        code = SceneCode(
            account=self.account,
            place=place,
            made_at=now,
            made_by=by,
            expires_at=made.expires_at,
            ticket=made.ticket,
            url=made.url,
        )
        await self.scenes.put([code])
        return code, True

    @staticmethod
    def needs_new(present: SceneCode, *, days: int | None, now: datetime) -> bool:
        """A permanent code serves for ever; a temporary one until its last day, and never for a permanent one."""
        if present.ticket is None:
            return True
        if present.expires_at is None:
            return False
        return days is None or present.expires_at - now < _NEARLY_OVER
