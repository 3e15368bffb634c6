#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The songs that a model's songs are judged by, as MIDI files, and how well that judges.

  reference_set.py chorale jsb16.npz SPLIT OUT
  reference_set.py melody POP909 jsb16.npz SPLIT OUT [--cache FILE]
  reference_set.py groove GROOVE SPLIT OUT
      writes the pieces of a split, as the model would write them, into the folder OUT

  reference_set.py damage IN OUT --how none|pitches|bars|constant|order|swap|shift [--bars 8] [--seed 1]
      cuts the songs of a folder into excerpts of that many bars and damages each

  reference_set.py pairs IN MODEL [--reference FILE] [--as TASK] [--bars 8] [--ctl continuoctl]
      how often a real excerpt of the songs of a folder scores higher than a damaged one (area
      under the curve), and the median score of either, for each way of damaging them: by the
      figures alone, and with the likelihood of the model in the folder MODEL

A reference set is then made by `continuoctl midi reference TRAIN --model models/ID --held-out VALID
-o quality.json`; in the model's folder, make_package.py takes it into the package.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import mido
import numpy as np

TICKS = 480
STEP = TICKS // 4
FOLDER = pathlib.Path(__file__).resolve().parent
DRUMS = 9
HOWS = ["none", "pitches", "bars", "constant", "order", "swap", "shift"]


def write(path, tracks, bpm=100, signature=(4, 4)):
    """tracks: (name, channel, [(start, length, pitch, velocity)]), times in ticks."""
    song = mido.MidiFile(type=1, ticks_per_beat=TICKS)
    head = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(bpm)),
                           mido.MetaMessage("time_signature", numerator=signature[0], denominator=signature[1])])
    song.tracks.append(head)
    for name, channel, notes in tracks:
        events = []
        for start, length, pitch, velocity in notes:
            events.append((start, 1, mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)))
            events.append((start + length, 0, mido.Message("note_off", channel=channel, note=pitch)))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for at, _, message in sorted(events, key=lambda event: event[:2]):
            track.append(message.copy(time=at - now))
            now = at
        song.tracks.append(track)
    song.save(path)


def runs(values):
    """(first, end, value) of each run of equal ones."""
    ends = [i for i in range(1, len(values)) if values[i] != values[i - 1]] + [len(values)]
    return list(zip([0] + ends[:-1], ends, (values[end - 1] for end in ends)))


def write_chorales(arguments):
    data = np.load(arguments.chorales, allow_pickle=True, encoding="latin1")
    for i, piece in enumerate(data[arguments.split]):
        voices = np.nan_to_num(np.array(piece, float)).astype(int)
        tracks = [(name, channel, [(a * STEP, (b - a) * STEP, int(pitch), 84)
                                   for a, b, pitch in runs(voices[:, channel]) if pitch > 0])
                  for channel, name in enumerate(("Soprano", "Alto", "Tenor", "Bass"))]
        write(arguments.out / f"{arguments.split}-{i:03}.mid", tracks)


def write_melodies(arguments):
    sys.path.insert(0, os.environ.get("CONTINUO_MELODY", str(FOLDER.parent / "melody")))
    import songs
    for song in songs.load(arguments.pop909, arguments.chorales, arguments.cache):
        if song["split"] != arguments.split or song["style"] != songs.POP:
            continue
        cells, notes, step = song["melody"], [], 0
        while step < len(cells):
            end = step + 1
            if cells[step] >= songs.ONSET:
                while end < len(cells) and cells[end] == songs.HOLD:
                    end += 1
                accent = 104 if step % (4 * song["signature"]) == 0 else 96 if step % 4 == 0 else 86
                notes.append((step * STEP, (end - step) * STEP, int(cells[step] - songs.ONSET + songs.LOWEST), accent))
            step = end
        # As daemon/generate/melody_notes.cc lays chords out: tones from F3 up, the root below; struck each bar.
        chords, bar = [], 4 * song["signature"]
        for first, end, chord in runs(song["chords"]):
            if chord == songs.NO_CHORD:
                continue
            root, quality = divmod(int(chord) - 1, 10)
            tones = {(root + tone) % 12 for tone in songs.TONES[quality]}
            cuts = [first] + [b for b in range(bar * (first // bar + 1), end, bar)] + [end]
            for a, b in zip(cuts, cuts[1:]):
                for pitch in [36 + root] + [p for p in range(53, 65) if p % 12 in tones]:
                    chords.append((a * STEP, (b - a) * STEP, pitch, 68))
        name = song["name"].replace("/", "-") + ".mid"
        write(arguments.out / name, [("Melody", 0, notes), ("Chords", 1, chords)], round(song["tempo"]),
              (song["signature"], 4))


def write_grooves(arguments):
    sys.path.insert(0, os.environ.get("CONTINUO_GROOVE", str(FOLDER.parent / "groove")))
    import cells
    with open(arguments.groove / "info.csv") as f:
        rows = [row for row in csv.DictReader(f) if row["split"] == arguments.split and row["beat_type"] == "beat"]
    for row in rows:
        song = mido.MidiFile(arguments.groove / row["midi_filename"])
        hits = {}
        for track in song.tracks:
            tick = 0
            for event in track:
                tick += event.time
                if event.type == "note_on" and event.velocity > 0:
                    at = tick * TICKS / song.ticks_per_beat
                    # One hit of a voice in a step, the loudest.
                    place = (int(at / STEP + 0.5), cells.PITCH_VOICE[event.note])
                    if place not in hits or hits[place][1] < event.velocity:
                        hits[place] = (round(at), event.velocity)
        notes = [(at, STEP // 2, cells.VOICE_PITCH[voice], velocity)
                 for (_, voice), (at, velocity) in sorted(hits.items())]
        numerator, denominator = map(int, row["time_signature"].split("-"))
        name = row["id"].replace("/", "-") + ".mid"
        write(arguments.out / name, [("Drums", DRUMS, notes)], float(row["bpm"]), (numerator, denominator))


def read(path):
    """tracks as `write` takes them, tempo and signature of what `write` wrote."""
    song, bpm, signature, tracks = mido.MidiFile(path), 120, (4, 4), []
    for track in song.tracks:
        name, tick, open_notes, notes, channel = "", 0, {}, [], 0
        for event in track:
            tick += event.time
            if event.type == "set_tempo":
                bpm = mido.tempo2bpm(event.tempo)
            elif event.type == "time_signature":
                signature = (event.numerator, event.denominator)
            elif event.type == "track_name":
                name = event.name
            elif event.type == "note_on" and event.velocity > 0:
                open_notes[event.note] = (tick, event.velocity)
                channel = event.channel
            elif event.type in ("note_on", "note_off") and event.note in open_notes:
                start, velocity = open_notes.pop(event.note)
                notes.append((start, tick - start, event.note, velocity))
        if notes:
            tracks.append((name, channel, sorted(notes)))
    return tracks, bpm, signature


def damaged(tracks, how, bar, bars, rng):
    """`bars` puts the bars of the excerpt in another order, `order` the onsets of a track. Of drums, `pitches` deals
    the drums of the excerpt out anew, hit by hit; `swap` gives each drum's part to another one of the excerpt. `shift`
    plays all of it an eighth late, the end at the beginning."""
    places = list(range(bars))
    rng.shuffle(places)
    result = []
    for name, channel, notes in tracks:
        drums = channel == DRUMS
        pitches = sorted({note[2] for note in notes}) or [60]
        if how == "pitches":
            notes = [(start, length, rng.choice(pitches) if drums else rng.randint(min(pitches), max(pitches)), velocity)
                     for start, length, _, velocity in notes]
        elif how == "bars":
            # A hit before the beat belongs to its bar.
            early = STEP // 2 if drums else 0
            notes = [(max(0, places[(start + early) // bar] * bar + (start + early) % bar - early),
                      min(length, bar - (start + early) % bar), pitch, velocity)
                     for start, length, pitch, velocity in notes]
        elif how == "constant":
            notes = [(start, length, pitches[len(pitches) // 2], velocity) for start, length, _, velocity in notes]
        elif how == "order":
            steps = [step for step in range(0, bar * bars, STEP)]
            notes = [(rng.choice(steps), length, pitch, velocity) for _, length, pitch, velocity in notes]
        elif how == "swap":
            turn = rng.randrange(1, max(2, len(pitches)))
            other = dict(zip(pitches, pitches[turn:] + pitches[:turn]))
            notes = [(start, length, other[pitch], velocity) for start, length, pitch, velocity in notes]
        elif how == "shift":
            notes = [((start + 2 * STEP) % (bar * bars), length, pitch, velocity)
                     for start, length, pitch, velocity in notes]
        # Of one pitch one at a time, and nothing after the end.
        kept, ends = [], {}
        for start, length, pitch, velocity in sorted(notes):
            if start >= ends.get(pitch, 0) and start < bar * bars:
                length = max(1, min(length, bar * bars - start))
                kept.append((start, length, pitch, velocity))
                ends[pitch] = start + length
        result.append((name, channel, kept))
    return result


def damage(arguments):
    for path in sorted(arguments.source.glob("*.mid")):
        tracks, bpm, signature = read(path)
        bar = 4 * TICKS * signature[0] // signature[1]
        end = max(start + length for _, _, notes in tracks for start, length, _, _ in notes)
        for k, first in enumerate(range(0, end // bar - arguments.bars + 1, arguments.bars)):
            begin = first * bar
            cut = [(name, channel, [(max(start - begin, 0), start + length - begin - max(start - begin, 0), pitch, velocity)
                                    for start, length, pitch, velocity in notes
                                    if (begin <= start + STEP // 2 < begin + arguments.bars * bar if channel == DRUMS
                                        else start < begin + arguments.bars * bar and start + length > begin)])
                   for name, channel, notes in tracks]
            if sum(len(notes) for _, _, notes in cut) < 4:
                continue
            rng = random.Random(f"{arguments.seed}/{path.name}/{k}")
            write(arguments.out / f"{path.stem}-{k:02}.mid", damaged(cut, arguments.how, bar, arguments.bars, rng),
                  bpm, signature)


def scores(arguments, folder, *options):
    command = [arguments.ctl, "midi", "analyse", folder, "--json", "--reference",
               arguments.reference or arguments.model / "quality.json", *options]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return np.array([entry["score"] for entry in json.loads(output)["files"]])


def pairs(arguments):
    heard = ["--model", arguments.model] + (["--as", arguments.situation] if arguments.situation else [])
    real = {}
    with tempfile.TemporaryDirectory() as work:
        for arguments.how in HOWS:
            arguments.out = pathlib.Path(work) / arguments.how
            arguments.out.mkdir()
            damage(arguments)
            row = []
            for options in ((), heard):
                found = scores(arguments, arguments.out, *options)
                true = real.setdefault(bool(options), found)
                wins = (true[:, None] > found[None]).mean() + 0.5 * (true[:, None] == found[None]).mean()
                row.append(f"{wins:.3f} ({np.median(found):.2f})")
            print(f"{arguments.how:10} alone {row[0]}   with likelihood {row[1]}   of {len(found)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    path = pathlib.Path

    def add(name, action, *places):
        verb = verbs.add_parser(name)
        for place in places:
            verb.add_argument(place, type=str if place == "split" else path)
        verb.set_defaults(action=action)
        return verb

    add("chorale", write_chorales, "chorales", "split", "out")
    add("melody", write_melodies, "pop909", "chorales", "split", "out").add_argument("--cache", default="songs.npy")
    add("groove", write_grooves, "groove", "split", "out")
    verb = add("damage", damage, "source", "out")
    verb.add_argument("--how", choices=HOWS, required=True)
    verb.add_argument("--bars", type=int, default=8)
    verb.add_argument("--seed", type=int, default=1)
    verb = add("pairs", pairs, "source", "model")
    verb.add_argument("--reference", type=path)
    verb.add_argument("--as", dest="situation")
    verb.add_argument("--bars", type=int, default=8)
    verb.add_argument("--seed", type=int, default=1)
    verb.add_argument("--ctl", default="continuoctl")
    arguments = parser.parse_args()
    if hasattr(arguments, "out"):
        arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.action(arguments)


if __name__ == "__main__":
    main()
