"""A report on one or two facesets as one page that needs nothing else: no network, no script, no further file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from models.faceset.assessment import Assessment, MatchAssessment, SetAssessment
from models.faceset.axes import AXES, BRIGHTNESS, GROUPS, LIGHT_X, LIGHT_Y, PITCH, YAW
from models.faceset.coverage import ENOUGH_MOMENTS
from models.faceset.record import FaceRecord
from models.faceset.report_parts import TONES, badge, chart, findings_table, picture, pose_grid, strip, words_list
from models.faceset.report_style import STYLE
from models.faceset.verdict import NETWORKS_EYES_PX

_ASIDE_SAMPLES = 6
_ROLES = ("performs", "is worn")


def page_of(assessment: Assessment) -> str:
    """The page, as HTML."""
    sets, match = assessment.sets, assessment.match
    title = " and ".join(each.name for each in sets)
    parts = [_head(assessment, title)]
    if match is not None:
        parts.append(_match(sets, match))
    parts += [_missing(each, paired=match is not None) for each in sets]
    parts += [_poses(sets), _expressions(sets), _light(sets)]
    parts += [section(each, paired=match is not None) for each in sets for section in (_size, _aside)]
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
            for each, role, colour in zip(sets, _ROLES, ("one", "two"), strict=True)
        )
        lines = f'<ul class="parts">{items}<li>They match {badge(match.grade)}</li></ul>'
    return (
        f'<header class="{TONES[assessment.grade]}"><p class="kicker">Is the footage good enough?</p>'
        f"<h1>{escape(title)}: {escape(assessment.grade.words)}</h1>{lines}</header>"
    )


def _amount(each: SetAssessment) -> str:
    coverage = each.coverage
    footage = f"{coverage.footage_s:,} different seconds of footage" if coverage.footage_s else ""
    photos = f"{coverage.photos:,} photo{'s' if coverage.photos > 1 else ''}" if coverage.photos else ""
    origins = len(coverage.origins)
    source = " and ".join(text for text in (footage, photos) if text)
    aside = len(coverage.faceset.set_aside)
    kept = f"{len(coverage.faces):,} faces kept"
    where = f" from {source} in {origins} file{'s' if origins > 1 else ''}" if source else ""
    return f"{kept}{where}; {aside:,} set aside."


def _heading(each: SetAssessment, text: str, paired: bool) -> str:
    whose = f"{escape(each.name)}: " if paired else ""
    return f"<h2>{whose}{text}</h2>"


def _missing(each: SetAssessment, *, paired: bool) -> str:
    body = words_list(each.missing) if each.missing else "<p>Nothing that we look for.</p>"
    return (
        f"<section>{_heading(each, 'What is missing', paired)}{body}</section>"
        f"<section>{_heading(each, 'The verdict, rule by rule', paired)}"
        f"{findings_table(each.findings)}"
        '<p class="note">The verdict is that of the worst rule.</p></section>'
    )


def _match(sets: Sequence[SetAssessment], match: MatchAssessment) -> str:
    performer, persona = (each.name for each in sets)
    rows = "".join(
        f'<tr><th scope="row">{escape(found.title)}</th>'
        f"<td>{_percent(overlap.performer_in_persona)}</td><td>{badge(found.grade)}</td>"
        f'<td class="wide">{found.say(found.begin)}</td><td class="wide">{found.say(found.good)}</td>'
        f"<td>{_percent(overlap.persona_in_performer)}</td><td>{_percent(overlap.intersection)}</td></tr>"
        for overlap, found in zip(match.overlaps, match.findings, strict=True)
    )
    table = (
        '<div class="scroll"><table class="figures"><thead><tr><th scope="col">shared</th>'
        f'<th scope="col">of {escape(performer)}’s faces, {escape(persona)} has one alike</th><th scope="col"></th>'
        '<th scope="col" class="wide">to begin</th><th scope="col" class="wide">to be good</th>'
        f'<th scope="col">of {escape(persona)}’s, {escape(performer)} has one alike</th>'
        f'<th scope="col">histograms in common</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return (
        f"<section><h2>How well they match</h2><p class=note>What {escape(performer)} does while performing must be "
        f"drawn with {escape(persona)}’s face. What {escape(persona)} never showed is guessed.</p>{table}</section>"
        f"<section><h2>What {escape(performer)} has and {escape(persona)} lacks</h2>"
        f"{_lacks([lack.sentence(performer, persona) for lack in match.performer_only])}"
        f"<h2>What {escape(persona)} has and {escape(performer)} lacks</h2>"
        f"{_lacks([lack.sentence(persona, performer) for lack in match.persona_only])}</section>"
    )


def _lacks(sentences: Sequence[str]) -> str:
    return words_list(sentences) if sentences else "<p>Nothing that we look for.</p>"


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{int(100 * share + 1e-9)} %"


def _legend(sets: Sequence[SetAssessment]) -> str:
    if len(sets) < 2:
        return ""
    named = " and ".join(
        f'<span class="name {colour}">{escape(each.name)}</span>'
        for each, colour in zip(sets, ("one", "two"), strict=True)
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
    origins = "".join(
        f'<tr><th scope="row">{escape(origin)}</th><td>{count:,}</td></tr>'
        for origin, count in each.coverage.origins.items()
    )
    return (
        f"<section>{_heading(each, 'Size and sharpness', paired)}"
        '<div class="strips"><div><h3>Distance between the eyes in the footage</h3>'
        f"{chart(sizes, 'Distance between the eyes', ' px', NETWORKS_EYES_PX)}</div>"
        f"<div><h3>Sharpness</h3>{chart(sharpness, 'Sharpness', '', {})}</div></div>"
        f'<h3>Where the faces come from</h3><table class="figures"><tbody>{origins}</tbody></table></section>'
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
        f"<section>{_heading(each, 'What was set aside, and why', paired)}"
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
        f"<footer><p>A state counts as covered when it is seen in at least {ENOUGH_MOMENTS} different seconds, or "
        f"photos. A head is turned beyond {turned}, far beyond {far}, and nodded beyond {nodded}; lengths are measured in "
        "distances between the eyes.</p><p>Two faces are alike when they differ by no more than a tolerance on every "
        f"measure of a group ({escape(tolerances)}). The share of one set’s faces that have one alike in the other is "
        "what Naeem and others (2020) call coverage; histograms in common is their intersection, the sum of min(p, q) "
        "over all bins (Swain and Ballard, 1991).</p></footer>"
    )
