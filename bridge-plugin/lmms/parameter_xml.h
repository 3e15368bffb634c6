// SPDX-License-Identifier: GPL-3.0-or-later
// How parameters stand in a project:
//
//   <continuofxcontrols schema="1" model="drive" model_version="1.0.0" mode="auto" channels="each"
//                       preset="model:warm-rhythm" side="B" link="drums" p_drive="0.7">
//     <p_tone id="4249278" value="0.5" scale_type="linear"/>     an automated one, as LMMS writes it
//     <connection><p_level …/></connection>                      a controller, as LMMS writes it
//     <parameter id="drive" name="Drive" unit="" minimum="0" maximum="1" default="0.5" …/>
//     <other_side model="tube" … p_gain="3"> … </other_side>     what A or B is compared with
//   </continuofxcontrols>
//
// preset, side, other_side, link, send_key and take_key are only there where they say something.
//
// The description beside the value keeps knobs, ranges and automation right while the model is
// being loaded, or is missing.
#pragma once

#include <QDomElement>
#include <optional>
#include <vector>

#include "client_stream.h"

namespace continuo::fx
{

//! Parameter ids are the model's, so they stand in a name space of their own
inline const QString parameterPrefix = QStringLiteral("p_");

struct SavedParameter
{
	QString id;
	float value;
	std::optional<client::ParameterInfo> info; //!< absent where the project was written by hand
};

//! Every parameter that has a readable value, those with a description in its order first
std::vector<SavedParameter> savedParameters(const QDomElement& element);

void saveDescription(QDomDocument& document, QDomElement& element, const client::ParameterInfo& info);

//! Replaces the eight digits that LMMS writes by as many as a float needs to come back the same
void writeExactly(QDomElement& element, const QString& name, float value);

} // namespace continuo::fx
