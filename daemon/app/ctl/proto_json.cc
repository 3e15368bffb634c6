// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/ctl/proto_json.h"

#include <absl/strings/escaping.h>
#include <google/protobuf/descriptor.h>

#include <charconv>

#include "daemon/app/ctl/json.h"

namespace continuo::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Bytes are no text: base64, as protobuf's own JSON has them.
std::string Text(const FieldDescriptor& field, const std::string& value) {
  return field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(value) : value;
}

Json Single(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetUInt64(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Shortest(reflection.GetFloat(message, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetEnum(message, &field)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return Text(field, reflection.GetString(message, &field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(reflection.GetMessage(message, &field));
  }
  return nullptr;
}

Json Repeated(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetRepeatedInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetRepeatedInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetRepeatedUInt32(message, &field, index);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.GetRepeatedUInt64(message, &field, index);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetRepeatedDouble(message, &field, index);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Shortest(reflection.GetRepeatedFloat(message, &field, index));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetRepeatedBool(message, &field, index);
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.GetRepeatedEnum(message, &field, index)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return Text(field, reflection.GetRepeatedString(message, &field, index));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ToJson(reflection.GetRepeatedMessage(message, &field, index));
  }
  return nullptr;
}

Json Many(const Message& message, const FieldDescriptor& field) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  if (!field.is_map()) {
    Json list = Json::array();
    for (int index = 0; index < size; ++index) list.push_back(Repeated(message, field, index));
    return list;
  }
  Json object = Json::object();
  for (int index = 0; index < size; ++index) {
    const Json entry = Repeated(message, field, index);
    const Json& key = entry.at("key");
    object[key.is_string() ? key.get<std::string>() : key.dump()] = entry.at("value");
  }
  return object;
}

}  // namespace

double Shortest(float value) {
  char text[32];
  const auto written = std::to_chars(text, text + sizeof(text), value);
  double shortest = value;
  std::from_chars(text, written.ptr, shortest);
  return shortest;
}

Json ToJson(const Message& message) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  Json object = Json::object();
  for (int index = 0; index < descriptor.field_count(); ++index) {
    const FieldDescriptor& field = *descriptor.field(index);
    if (field.is_repeated()) {
      object[field.name()] = Many(message, field);
    } else if (!field.has_presence() || message.GetReflection()->HasField(message, &field)) {
      object[field.name()] = Single(message, field);
    }
  }
  return object;
}

}  // namespace continuo::ctl
