// SPDX-License-Identifier: GPL-3.0-or-later
// The panel's row for the link group: effects of one group and one model turn their knobs together,
// in one song and in several windows.
//
//   Link [ none        ▾]     a name is typed, or chosen among the groups that the daemon knows
//
// Threads: [main-thread]; the daemon is asked on a thread of its own, which no window waits for.
#pragma once

#include <QComboBox>
#include <QWidget>
#include <memory>

#include "continuo_controls.h"

namespace continuo::fx
{

class LinkRow : public QWidget
{
	Q_OBJECT
public:
	LinkRow(ContinuoControls* controls, QWidget* parent);
	~LinkRow() override;

protected:
	void showEvent(QShowEvent* event) override;

private slots:
	void showGroup();
	void choose();
	void take(const QStringList& groups);

private:
	class Asker;

	ContinuoControls* m_controls;
	QComboBox* m_groups;
	std::unique_ptr<Asker> m_asker;
};

} // namespace continuo::fx
