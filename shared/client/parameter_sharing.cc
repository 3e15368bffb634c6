// SPDX-License-Identifier: Apache-2.0
#include "shared/client/parameter_sharing.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace continuo::client {
namespace {

// A turning knob is seen to move in the others at 50 pictures a second.
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

ParameterSharing::ParameterSharing(ParameterBoard* board) : board_(board) {}

ParameterSharing::~ParameterSharing() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ParameterSharing::SetGroup(const std::string& group) {
  {
    const std::lock_guard lock(mutex_);
    if (group == group_) return;
    group_ = group;
    agreed_group_.clear();
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  }
  changed_.notify_all();
}

std::string ParameterSharing::group() const {
  const std::lock_guard lock(mutex_);
  return group_;
}

void ParameterSharing::SetParameters(std::vector<std::string> ids) {
  const std::lock_guard lock(mutex_);
  if (ids == ids_) return;
  ids_ = std::move(ids);
  agreed_group_.clear();  // another model: nothing has been agreed upon
}

void ParameterSharing::Begin(Send send) {
  {
    const std::lock_guard lock(mutex_);
    send_ = std::move(send);
    joined_.clear();
    told_.fill(0);
  }
  changed_.notify_all();
}

void ParameterSharing::End() {
  std::unique_lock lock(mutex_);
  send_ = nullptr;
  joined_.clear();
  changed_.wait(lock, [this] { return !sending_; });
}

void ParameterSharing::Take(const v1::ParameterChanged& changed) {
  const std::lock_guard lock(mutex_);
  if (joined_.empty() || exporting_.load(std::memory_order_relaxed)) return;
  const auto found = std::find(ids_.begin(), ids_.end(), changed.id());
  if (found == ids_.end()) return;
  const auto index = static_cast<std::uint32_t>(found - ids_.begin());
  if (changed.turned() < told_[index] || board_->Get(index) != agreed_[index]) return;
  board_->Set(index, changed.value());
  agreed_[index] = board_->Get(index);
}

void ParameterSharing::Keep(std::uint32_t index, float value) {
  const std::lock_guard lock(mutex_);
  if (index >= ids_.size()) return;
  board_->Set(index, value);
  agreed_[index] = board_->Get(index);
}

void ParameterSharing::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const bool idle = !send_ || (group_.empty() && joined_.empty());
    if (idle) {
      changed_.wait(lock);
      continue;
    }
    const std::vector<v1::AttachStreamRequest> messages = TakeMessages();
    if (!messages.empty()) {
      const Send send = send_;
      sending_ = true;
      lock.unlock();
      for (const v1::AttachStreamRequest& message : messages) send(message);
      lock.lock();
      sending_ = false;
      changed_.notify_all();
    }
    changed_.wait_for(lock, kLook);
  }
}

std::vector<v1::AttachStreamRequest> ParameterSharing::TakeMessages() {
  std::vector<v1::AttachStreamRequest> messages;
  const std::string wanted = exporting_.load(std::memory_order_relaxed) ? "" : group_;
  const auto count = std::min<std::size_t>(ids_.size(), board_->count());
  if (wanted != joined_) {
    if (!wanted.empty() && wanted != agreed_group_) {
      for (std::uint32_t i = 0; i < count; ++i) agreed_[i] = board_->Get(i);
      agreed_group_ = wanted;
    }
    v1::JoinLink* join = messages.emplace_back().mutable_join_link();
    join->set_group(wanted);
    for (std::uint32_t i = 0; i < count; ++i) (*join->mutable_parameters())[ids_[i]] = agreed_[i];
    joined_ = wanted;
  }
  if (joined_.empty()) return messages;
  for (std::uint32_t i = 0; i < count; ++i) {
    const float value = board_->Get(i);
    if (value == agreed_[i]) continue;
    agreed_[i] = value;
    ++told_[i];
    v1::ParameterTurned* turned = messages.emplace_back().mutable_parameter_turned();
    turned->set_id(ids_[i]);
    turned->set_value(value);
  }
  return messages;
}

}  // namespace continuo::client
