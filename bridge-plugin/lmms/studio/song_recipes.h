// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps in the project where each placed clip came from: fetches the recipe, and gives it to the
// effect that carries the song's list. Where none does yet, one is made on the master channel,
// without a model and switched off.
//
// Threads: [main-thread].
#pragma once

#include <QObject>
#include <QSet>

#include "song_link.h"

namespace continuo::fx
{

class ContinuoControls;
class StudioHub;

class SongRecipes : public QObject
{
	Q_OBJECT
public:
	SongRecipes(StudioHub* hub, SongLink* song, QObject* parent);

signals:
	void said(const QString& words); //!< what could not be kept

private slots:
	void remember(quint64 placement);
	void forget(quint64 placement);

private:
	StudioHub* m_hub;
	SongLink* m_song;
};

} // namespace continuo::fx
