// SPDX-License-Identifier: GPL-3.0-or-later
// What the musician has chosen, and how it stands in the project.
//
// State: schema 1, drawn in parameter_xml.h. Ids are the model's own and stay stable; a higher
// schema is loaded as far as it is known and saved with what was not.
// Threads: [main-thread] throughout, but what is marked.
#pragma once

#include <QTimer>
#include <QVector>

#include "compared_side.h"
#include "generated_list.h"
#include "lmms_compat.h"
#include "parameter_bank.h"
#include "saved_rest.h"
#include "shared/scope/signal_tap.h"

namespace continuo::fx
{

class ContinuoEffect;

class ContinuoControls : public EffectControls
{
	Q_OBJECT
public:
	explicit ContinuoControls(ContinuoEffect* effect);
	~ContinuoControls() override;

	//! Of every effect of ours in the song
	static const QVector<ContinuoControls*>& all();

	void saveSettings(QDomDocument& document, QDomElement& element) override;
	void loadSettings(const QDomElement& element) override;
	QString nodeName() const override { return "continuofxcontrols"; }
	int controlCount() override { return 1; }
	EffectControlDialog* createView() override;

	const QString& modelId() const { return m_modelId; }
	const QString& modelVersion() const { return m_modelVersion; }
	client::Mode mode() const;
	client::ChannelMode channelMode() const;
	//! The group that the effect shares its knobs with; empty: none
	const QString& link() const { return m_link; }
	//! The same, but that a render without a window is linked to nothing: it has to be the same each time
	QString activeLink() const;
	const QString& sendKey() const { return m_sendKey; }
	const QString& takeKey() const { return m_takeKey; }
	const ParameterBank& parameters() const { return m_parameters; }
	ParameterBank& parameters() { return m_parameters; }
	client::Stream& stream();
	//! What was generated for the song, where this effect carries the list
	GeneratedList& generated() { return m_generated; }

	//! The model that the effect was added as; opens nothing yet
	void beginWith(const QString& id);
	//! The musician's choice, which starts with the model's defaults
	void chooseModel(const QString& id, const QString& version);
	void chooseMode(client::Mode mode);
	void chooseChannelMode(client::ChannelMode mode);
	void chooseLink(const QString& link);
	//! Names of the key buses that the effect gives its input to, and listens to; empty: none
	void chooseKeys(const QString& send, const QString& take);
	static constexpr int longestLink = 64; //!< bytes of UTF-8
	//! The preset that was chosen last: "model:<id>", "user:<name>", or empty
	const QString& preset() const { return m_preset; }
	void choosePreset(const QString& preset, const std::map<std::string, float>& values);
	//! What was saved under that name is what the knobs say now
	void namePreset(const QString& preset);

	//! Two sets of settings, A and B, of which one sounds. The other starts as a copy of it
	bool isSideB() const { return m_isSideB; }
	void switchSides();
	//! A step of LMMS's undo; switching is none
	void copyToOtherSide();
	//! A side as it is saved, whether it sounds or not; empty where there was no comparison yet
	QDomDocument side(bool isB);
	void setSide(bool isB, const QDomDocument& settings);

	//! What goes in and comes out, for the panel
	scope::SignalTap& tap();

	//! The state of the whole, in one sentence for people
	QString words(const client::Snapshot& snapshot) const;

	//! Ties the parameters to what the stream knows of its model now  [any-thread but audio]
	void bindParameters();

signals:
	//! Another model, or other parameters
	void parametersChanged();
	//! Another link group or key bus, whoever has chosen it
	void linkChanged();

public slots:
	//! The stream has news
	void adopt();

private:
	void writeSide(QDomDocument& document, QDomElement& element);
	void readSide(const QDomElement& element);
	QDomDocument captured();
	//! What sounds becomes as that side was saved
	void sound(const QDomElement& side);
	void setLink(const QString& link);
	void takeOnlyModel();

	ContinuoEffect* m_effect;
	QString m_modelId;
	QString m_modelVersion; //!< empty: the newest installed
	QString m_mode;         //!< as saved; a word of a later version is kept
	QString m_channelMode;  //!< likewise
	QString m_preset;
	bool m_isSideB = false;
	QDomDocument m_otherSide; //!< as it is saved; empty: there was no comparison yet
	ComparedSide m_sideA, m_sideB;
	QString m_link;
	QString m_sendKey;
	QString m_takeKey;
	QTimer m_sharing; //!< hands over what is turned while no audio is processed
	int m_schema;
	bool m_untouched = true; //!< nothing has been chosen yet, not even no model
	ParameterBank m_parameters;
	GeneratedList m_generated;
	SavedRest m_rest;
};

} // namespace continuo::fx
