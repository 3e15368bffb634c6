// SPDX-License-Identifier: Apache-2.0
// Small songs of LMMS, as text.
#pragma once

#include <string>

namespace continuo::test {

inline std::string Song(const std::string& channels, const std::string& tracks = "") {
  return "<?xml version=\"1.0\"?>\n<lmms-project version=\"1.0\" type=\"song\" creator=\"LMMS\" "
         "creatorversion=\"1.2.2\">\n<head bpm=\"120\"/>\n<song>\n<trackcontainer>" +
         tracks + "</trackcontainer>\n<fxmixer>\n" + channels +
         "</fxmixer>\n</song>\n</lmms-project>\n";
}

inline std::string Effect(const std::string& attributes, const std::string& children = "") {
  return "<effect name=\"continuofx\" on=\"1\" wet=\"0.5\"><continuofxcontrols " + attributes +
         ">" + children + "</continuofxcontrols><key/></effect>\n";
}

inline std::string Channel(const std::string& effects) {
  return "<fxchannel num=\"3\" name=\"Guitar\"><fxchain>" + effects + "</fxchain></fxchannel>\n";
}

}  // namespace continuo::test
