// SPDX-License-Identifier: GPL-3.0-or-later
// All parts of some notes, or one of them.
#pragma once

#include <QComboBox>

#include "shared/studio/notes.h"

namespace continuo::fx
{

class PartChoice : public QComboBox
{
	Q_OBJECT
public:
	explicit PartChoice(QWidget* parent);

	void setNotes(const studio::Notes& notes);
	//! Of the notes that were set those of the chosen part
	studio::Notes chosen() const;

private:
	studio::Notes m_notes;
};

} // namespace continuo::fx
