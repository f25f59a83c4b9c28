// Reading the nodes of a file: what has the wrong form is noted with its place, and reading goes on
// with something harmless. The first thing noted is the error of the whole file.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "dyno/core/clock.h"
#include "dyno/core/result.h"
#include "dyno/scenario/json_tree.h"

namespace dyno::scenario {

class Problems {
 public:
  Problems(std::string_view text, std::string_view file_name)
      : text_(text), file_name_(file_name) {}

  void add(const Node& node, std::string_view what) { add(node.offset, what); }
  void add(std::size_t offset, std::string_view what);
  bool any() const { return first_.has_value(); }
  const Error& first() const { return *first_; }

 private:
  std::string_view text_;
  std::string_view file_name_;
  std::optional<Error> first_;
};

// "a list", "a text": what a node is, for messages.
std::string_view kind_name(const Node& node);

// Values of a node; `what` names it in messages ("\"weight\"").
std::string read_text(const Node& node, std::string_view what, Problems& problems);
double read_number(const Node& node, std::string_view what, Problems& problems);
bool read_bool(const Node& node, std::string_view what, Problems& problems);

// "300s", "1h30m"; a number is seconds.
Duration read_duration(const Node& node, std::string_view what, Problems& problems);

// An object whose keys are known. Members are asked for by key.
class Fields {
 public:
  // Notes when the node is no object, and its first key that is not among the known ones, with
  // what may have been meant.
  Fields(const Node& node, std::string_view what, std::initializer_list<std::string_view> known,
         Problems& problems);

  // The keys have been looked at already.
  Fields(const Node& node, Problems& problems) : node_(&node), problems_(problems) {}

  const Node& node() const { return *node_; }
  const Node* find(std::string_view key) const { return node_->find(key); }

  // What is absent is empty.
  std::string text(std::string_view key) const;
  std::optional<double> number(std::string_view key) const;
  std::optional<Duration> duration(std::string_view key) const;
  bool flag(std::string_view key) const;

 private:
  const Node* node_;
  Problems& problems_;
};

}  // namespace dyno::scenario
