"""A report on one or two facesets as one page that needs nothing else: no network, no script, no further file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from models.faceset.assessment import Assessment, MatchAssessment, SetAssessment
from models.faceset.axes import AXES, BRIGHTNESS, GROUPS, LIGHT_X, LIGHT_Y, PITCH, YAW
from models.faceset.coverage import ENOUGH_MOMENTS
from models.faceset.judge import LEAST_SHARPNESS
from models.faceset.record import FaceRecord
from models.faceset.report_parts import (
    TONES,
    badge,
    chart,
    findings_table,
    match_table,
    origins_table,
    picture,
    pose_grid,
    strip,
    words_list,
)
from models.faceset.report_style import STYLE
from models.faceset.verdict import NETWORKS_EYES_PX

_ASIDE_SAMPLES = 6
_ROLES = ("performs", "is worn")
_COLOURS = ("one", "two")


def page_of(assessment: Assessment) -> str:
    """The page, as HTML."""
    sets, match = assessment.sets, assessment.match
    title = " and ".join(each.name for each in sets)
    parts = [_head(assessment, title)]
    if match is not None:
        parts += [_match(sets, match), _only(sets, match)]
    parts += [_missing(sets), _verdict(sets), _poses(sets), _expressions(sets), _light(sets)]
    parts += [section(each, paired=len(sets) > 1) for each in sets for section in (_size, _aside)]
    parts.append(_how())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: {assessment.grade.words}</title><style>{STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def _head(assessment: Assessment, title: str) -> str:
    sets, match = assessment.sets, assessment.match
    if match is None:
        lines = f"<p>{escape(_amount(sets[0]))}</p>"
    else:
        items = "".join(
            f'<li><span class="name {colour}">{escape(each.name)}</span> {role} {badge(each.grade)}'
            f"<br><small>{escape(_amount(each))}</small></li>"
            for each, role, colour in zip(sets, _ROLES, _COLOURS, strict=True)
        )
        lines = f'<ul class="parts">{items}<li>How they match {badge(match.grade)}</li></ul>'
    held = ", ".join(assessment.held_back_by)
    why = f"<p>Held back by {escape(held)}.</p>" if held else ""
    return (
        f'<header class="{TONES[assessment.grade]}"><p class="kicker">Is the footage good enough?</p>'
        f"<h1>{escape(title)}: {escape(assessment.grade.words)}</h1>{lines}{why}</header>"
    )


def _amount(each: SetAssessment) -> str:
    coverage = each.coverage
    footage = f"{coverage.footage_s:,} different seconds of footage" if coverage.footage_s else ""
    photos = f"{coverage.photos:,} photo{'s' if coverage.photos > 1 else ''}" if coverage.photos else ""
    origins = len(coverage.origins)
    source = " and ".join(text for text in (footage, photos) if text)
    aside = len(coverage.faceset.set_aside)
    kept = f"{len(coverage.faces):,} faces kept"
    where = f" from {source} in {origins:,} file{'s' if origins > 1 else ''}" if source else ""
    return f"{kept}{where}; {aside:,} set aside."


def _heading(each: SetAssessment, text: str, *, paired: bool) -> str:
    return f"<h2>{escape(each.name)}: {text[0].lower()}{text[1:]}</h2>" if paired else f"<h2>{text}</h2>"


def _missing(sets: Sequence[SetAssessment]) -> str:
    paired = len(sets) > 1
    lists = (f"<div>{_heading(each, 'What is missing', paired=paired)}{_words(each.missing)}</div>" for each in sets)
    mend = "Record what is missing and extract it into the same folder: what is there stays."
    note = f'<p class="note">{mend}</p>' if any(each.missing for each in sets) else ""
    return f'<section><div class="{"halves" if paired else ""}">{"".join(lists)}</div>{note}</section>'


def _verdict(sets: Sequence[SetAssessment]) -> str:
    return (
        f"<section><h2>The verdict, rule by rule</h2>{findings_table(sets)}"
        '<p class="note">The verdict is that of the worst rule.</p></section>'
    )


def _match(sets: Sequence[SetAssessment], match: MatchAssessment) -> str:
    performer, persona = (each.name for each in sets)
    return (
        f'<section><h2>How well they match</h2><p class="note">Whatever {escape(performer)} does while performing must '
        f"be drawn with {escape(persona)}’s face, and what {escape(persona)} never showed is guessed.</p>"
        f"{match_table(match, performer, persona)}</section>"
    )


def _only(sets: Sequence[SetAssessment], match: MatchAssessment) -> str:
    performer, persona = (each.name for each in sets)
    one = [lack.sentence(performer, persona) for lack in match.performer_only]
    other = [lack.sentence(persona, performer) for lack in match.persona_only]
    return (
        f'<section><div class="halves"><div><h2>What {escape(performer)} has and {escape(persona)} lacks</h2>'
        f"{_words(one)}</div><div><h2>What {escape(persona)} has and {escape(performer)} lacks</h2>"
        f"{_words(other)}</div></div></section>"
    )


def _words(sentences: Sequence[str]) -> str:
    return words_list(sentences) if sentences else "<p>Nothing that we look for.</p>"


def _legend(sets: Sequence[SetAssessment]) -> str:
    if len(sets) < 2:
        return ""
    named = " and ".join(
        f'<span class="name {colour}">{escape(each.name)}</span>' for each, colour in zip(sets, _COLOURS, strict=True)
    )
    return f"<p>In each cell: {named}.</p>"


def _poses(sets: Sequence[SetAssessment]) -> str:
    return (
        '<section><h2>Head poses</h2><p class="note">Left and right are the person’s own: their left is on the right '
        "of the picture. Far corners are welcome, but not asked for.</p>"
        f"{_legend(sets)}{pose_grid(sets)}</section>"
    )


def _expressions(sets: Sequence[SetAssessment]) -> str:
    strips = "".join(strip(sets, axis) for axis in (*GROUPS["mouth"], *GROUPS["eyes"]))
    return f'<section><h2>Expressions</h2>{_legend(sets)}<div class="strips">{strips}</div></section>'


def _light(sets: Sequence[SetAssessment]) -> str:
    strips = "".join(strip(sets, axis) for axis in (LIGHT_X, LIGHT_Y, BRIGHTNESS))
    return f'<section><h2>Light</h2>{_legend(sets)}<div class="strips">{strips}</div></section>'


def _size(each: SetAssessment, *, paired: bool) -> str:
    faces = each.coverage.faces
    if not faces:
        return ""
    sizes = np.array([face.eyes_px for face in faces])
    sharpness = np.array([face.sharpness for face in faces])
    return (
        f"<section>{_heading(each, 'Size and sharpness', paired=paired)}"
        '<div class="halves"><div><h3>Distance between the eyes in the footage</h3>'
        f"{chart(sizes, 'Distance between the eyes', ' px', NETWORKS_EYES_PX)}</div>"
        f"<div><h3>Sharpness</h3>{chart(sharpness, 'Sharpness', '', {'blurred below': LEAST_SHARPNESS})}</div></div>"
        f"{origins_table(each)}</section>"
    )


def _aside(each: SetAssessment, *, paired: bool) -> str:
    without = sum(medium.without_face for medium in each.coverage.faceset.media)
    rows = "".join(
        f"<h3>{escape(reason)}: {len(faces):,}</h3><div class=row>"
        + "".join(
            f"<figure>{picture(each, face, f'set aside: {reason}')}"
            f"<figcaption>{escape(face.file)}</figcaption></figure>"
            for face in _spread(faces)
        )
        + "</div>"
        for reason, faces in each.coverage.aside.items()
    )
    rows = rows or "<p>Nothing.</p>"
    unseen = f"<p>{without:,} pictures showed no face.</p>" if without else ""
    return (
        f"<section>{_heading(each, 'What was set aside, and why', paired=paired)}"
        "<p class=note>Nothing is deleted. To use a crop after all, move it from its folder in <code>aside/</code> to "
        f"<code>faces/</code>; to leave one out, delete it.</p>{rows}{unseen}</section>"
    )


def _spread(faces: Sequence[FaceRecord]) -> Sequence[FaceRecord]:
    """Some of them, from first to last."""
    return faces[:: max(1, len(faces) // _ASIDE_SAMPLES)][:_ASIDE_SAMPLES]


def _how() -> str:
    tolerances = ", ".join(f"{axis.title.lower()} {axis.tolerance:g}" for axis in AXES)
    turned, far, nodded = (f"{angle:g}°" for angle in (YAW.bins[2].upper, YAW.bins[3].upper, PITCH.bins[1].upper))
    return (
        f"<footer><p>A state counts as covered when it is seen at {ENOUGH_MOMENTS} moments or more: different seconds, "
        f"or photos. A head is turned beyond {turned}, far beyond {far}, and nodded beyond {nodded}; lengths are "
        "measured in distances between the eyes.</p>"
        "<p>Two faces are alike when they differ by no more than a tolerance on every measure of a group "
        f"({escape(tolerances)}). The share of one set’s faces that have one alike in the other is what Naeem and "
        "others (2020) call coverage; histograms in common is their intersection, the sum of min(p, q) over all bins "
        "(Swain and Ballard, 1991).</p></footer>"
    )
