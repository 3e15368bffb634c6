// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a song into a file of sound, in a second LMMS without a window. That has the instruments and
// the effects as this one has them, and this one goes on meanwhile: its engine cannot play two songs.
//
// Nothing is left of it, unless this LMMS is killed: the file is in a folder of its own, which goes with it, and
// the second LMMS ends with this one.
// Threads: [main-thread]. Waits for nothing but the end of a process that it has ended.
#pragma once

#include <QObject>
#include <QTimer>
#include <memory>

class QProcess;
class QTemporaryDir;

namespace continuo::fx
{

class Bounce : public QObject
{
	Q_OBJECT
public:
	explicit Bounce(QObject* parent);
	~Bounce() override;

	//! Empty, or why it does not begin. `song` as a file has it
	QString start(const QByteArray& song, int rateHz);
	//! ended() does not follow
	void cancel();
	bool isRunning() const { return m_process != nullptr; }

signals:
	void progressed(int percent);
	//! The file, which goes when this returns; or why there is none
	void ended(const QString& wav, const QString& problem);

private:
	void read();
	void finish();
	void fail(const QString& how);
	void letGo();

	std::unique_ptr<QTemporaryDir> m_folder;
	QProcess* m_process = nullptr;
	QTimer m_patience; //!< ends without progress
	QByteArray m_words;
	int m_percent = 0;
};

} // namespace continuo::fx
