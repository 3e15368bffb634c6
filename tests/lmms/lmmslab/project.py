# SPDX-License-Identifier: Apache-2.0
"""LMMS projects: synthesizers, each on its mixer channel, which has the effect or not; mostly one.

The synthesizer's oscillators start at a fixed phase, so two renders are the same to the bit.
"""

from xml.sax.saxutils import quoteattr

TICKS_PER_BAR = 192

PROJECT = """<?xml version="1.0"?>
<!DOCTYPE lmms-project>
<lmms-project version="1.0" type="song" creator="LMMS" creatorversion="1.2.2">
  <head timesig_numerator="4" timesig_denominator="4" bpm="{bpm}" mastervol="100" masterpitch="0"/>
  <song>
    <trackcontainer type="song" x="5" y="5" width="600" height="300" visible="1" minimized="0" maximized="0">
{synths}
{tracks}
    </trackcontainer>
    <fxmixer x="5" y="360" width="400" height="300" visible="1" minimized="0" maximized="0">
      <fxchannel num="0" muted="0" volume="1" name="Master" soloed="0"><fxchain numofeffects="0" enabled="0"/></fxchannel>
{channels}
    </fxmixer>
{rest}
    <timeline lpstate="{loop}" lp0pos="0" lp1pos="{end}"/>
    <controllers/>
  </song>
</lmms-project>
"""

SYNTH = """      <track muted="0" type="0" name="Synth" solo="0">
        <instrumenttrack pan="0" fxch="{channel}" pitch="0" pitchrange="1" basenote="57" usemasterpitch="1" vol="40">
          <instrument name="tripleoscillator">
            <tripleoscillator wavetype0="{wave}" vol0="33" coarse0="0" finel0="0" finer0="0" phoffset0="0" stphdetun0="0"
              modalgo1="2" wavetype1="0" vol1="{others}" coarse1="12" finel1="0" finer1="0" phoffset1="0" stphdetun1="0"
              modalgo2="2" wavetype2="0" vol2="{others}" coarse2="-12" finel2="0" finer2="0" phoffset2="0" stphdetun2="0"
              modalgo3="2" pan0="-20" pan1="20" pan2="0"/>
          </instrument>
          <eldata fwet="0" ftype="0" fcut="14000" fres="0.5">
            <elvol amt="0"/><elcut amt="0"/><elres amt="0"/>
          </eldata>
          <fxchain numofeffects="0" enabled="0"/>
        </instrumenttrack>
        <pattern muted="0" type="1" steps="16" name="" pos="0">
{notes}
        </pattern>
      </track>"""

CHANNEL = """      <fxchannel num="{number}" muted="0" volume="1" name="Effect" soloed="0">
        <fxchain numofeffects="{effects}" enabled="{effects}">{effect}</fxchain>
        <send channel="0" amount="1"/>
      </fxchannel>"""


def effect(model="drive", parameters=None, mode="auto", wet=1.0, children="", **attributes):
    """The effect as it stands in a project. `children` is XML inside its node."""
    values = {"schema": "1", "model": model, "model_version": "", "mode": mode}
    values.update({f"p_{name}": value for name, value in (parameters or {}).items()})
    values.update(attributes)
    words = " ".join(f"{name}={quoteattr(str(value))}" for name, value in values.items())
    return (f'<effect name="continuofx" on="1" wet="{wet}" gate="0" autoquit="1">'
            f"<continuofxcontrols {words}>{children}</continuofxcontrols><key/></effect>")


def note(key, position, length, volume=100):
    return f'          <note pan="0" key="{key}" vol="{volume}" pos="{position}" len="{length}"/>'


def sustained(bars):
    """Sound from the first frame to the last, with something going on above it."""
    end = bars * TICKS_PER_BAR
    notes = [note(33, 0, end)]
    melody = [57, 60, 64, 62, 55, 59, 52, 57]
    notes += [note(melody[i % len(melody)], i * 24, 18, 80) for i in range(end // 24)]
    return notes


def one_tone(bars, key=57):
    return [note(key, 0, bars * TICKS_PER_BAR)]


def staccato(bars):
    """Short notes with silence between them, long enough for LMMS to put effects to sleep."""
    return [note(45 + 2 * (i % 5), i * 96, 24) for i in range(bars * 2)]


def automation(target_id, points, end):
    """A track that sets the parameter with that id at (tick, value) points, in steps."""
    times = "".join(f'<time pos="{tick}" value="{value}"/>' for tick, value in points)
    return (f'      <track muted="0" type="5" name="Automation" solo="0"><automationtrack/>'
            f'<automationpattern name="" pos="0" len="{end}" prog="0" tens="1" mute="0">{times}'
            f'<object id="{target_id}"/></automationpattern></track>')


def song(effect_xml="", notes=None, bars=2, bpm=140, wave=2, others=33, tracks="", rest="", loop=False, synths=1):
    """`wave` 0 is a sine, 2 a saw; `others` is the volume of the two oscillators beside it."""
    end = bars * TICKS_PER_BAR
    lines = "\n".join(notes or sustained(bars))
    channels = range(1, synths + 1)
    return PROJECT.format(
        bpm=bpm, tracks=tracks, rest=rest, loop=int(loop), end=end,
        synths="\n".join(SYNTH.format(channel=n, wave=wave, others=others, notes=lines) for n in channels),
        channels="\n".join(CHANNEL.format(number=n, effects=1 if effect_xml else 0, effect=effect_xml) for n in channels))
