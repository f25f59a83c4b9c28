// A step: the request.
#include <algorithm>

#include <fmt/format.h>

#include "dyno/scenario/in_quotes.h"
#include "dyno/scenario/json_text.h"
#include "dyno/scenario/reader_parts.h"

namespace dyno::scenario {

namespace {

constexpr std::string_view methods[] = {"get", "post", "put", "patch", "delete", "head", "options"};

bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_not_of(
                              "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX"
                              "YZ0123456789!#$%&'*+-.^_`|~") == std::string_view::npos;
}

// The method and the node of the path: {"get": "/path"}, or {"method": "GET", "path": "/path"}.
const Node* read_method(const Fields& fields, Step& step, Problems& problems) {
  const Node* path = nullptr;
  for (const std::string_view method : methods) {
    const Node* const found = fields.find(method);
    if (!found) continue;
    if (path) {
      problems.add(*found, "a step is one request: it has one method");
      return nullptr;
    }
    path = found;
    step.method = method;
    std::transform(method.begin(), method.end(), step.method.begin(),
                   [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  }
  if (path && (fields.find("method") || fields.find("path"))) {
    problems.add(*path, "a step has \"method\" and \"path\", or {\"get\": path}, not both");
  }
  if (path) return path;
  path = fields.find("path");
  if (!path) {
    problems.add(fields.node(), "a step needs a request: {\"get\": \"/path\"}");
    return nullptr;
  }
  if (const Node* const method = fields.find("method")) {
    step.method = read_text(*method, "\"method\"", problems);
    if (!is_token(step.method)) problems.add(*method, "\"method\" is a word such as \"GET\"");
  }
  return path;
}

void read_path(const Node& node, Step& step, Reading& reading) {
  const std::string path = read_text(node, "the path", reading.problems);
  if (!path.starts_with('/')) {
    reading.problems.add(node, fmt::format("{} is not a path: it begins with '/'; the host is said "
                                           "once, for all",
                                           in_quotes(path)));
  }
  step.path = compile_template(node, path, Escape::url, Escape::percent, reading);
  step.group = without_expressions(path, "*");
  step.group.resize(std::min(step.group.find('?'), step.group.size()));
}

void read_headers(const Node& node, Step& step, Reading& reading) {
  if (node.kind != Node::Kind::object) {
    reading.problems.add(node, "\"headers\" must be an object of texts");
  }
  for (const Member& header : node.members) {
    if (!is_token(header.key)) {
      reading.problems.add(header.offset,
                           fmt::format("{} is not the name of a header", in_quotes(header.key)));
    }
    const std::string value = read_text(header.value, in_quotes(header.key), reading.problems);
    step.headers.emplace_back(
        header.key, compile_template(header.value, value, Escape::header, Escape::header, reading));
  }
}

void append_quoted(std::string_view text, Template& out) {
  std::string escaped = "\"";
  append_json_escaped(text, escaped);
  out.append_literal(escaped += '"');
}

// A value of JSON as a template: texts may have expressions.
void append_json(const Node& node, Template& out, Reading& reading) {
  switch (node.kind) {
    case Node::Kind::string: {
      const Template text = compile_template(node, node.text, Escape::json, Escape::json, reading);
      if (!text.bare()) out.append_literal("\"");
      out.append(text);
      if (!text.bare()) out.append_literal("\"");
      return;
    }
    case Node::Kind::array:
      out.append_literal("[");
      for (const Node& item : node.items) {
        if (&item != &node.items.front()) out.append_literal(",");
        append_json(item, out, reading);
      }
      out.append_literal("]");
      return;
    case Node::Kind::object:
      out.append_literal("{");
      for (const Member& member : node.members) {
        if (&member != &node.members.front()) out.append_literal(",");
        append_quoted(member.key, out);
        out.append_literal(":");
        append_json(member.value, out, reading);
      }
      out.append_literal("}");
      return;
    default:
      out.append_literal(node.text);
  }
}

void append_form(const Node& node, Template& out, Reading& reading) {
  if (node.kind != Node::Kind::object) {
    reading.problems.add(node, "\"form\" must be an object of texts and numbers");
  }
  for (const Member& member : node.members) {
    if (&member != &node.members.front()) out.append_literal("&");
    std::string key;
    append_escaped(member.key, Escape::percent, key);
    out.append_literal(key += '=');
    if (member.value.kind == Node::Kind::array || member.value.kind == Node::Kind::object) {
      reading.problems.add(member.value, "a form has texts and numbers");
    }
    out.append(compile_template(member.value, member.value.text, Escape::percent, Escape::percent,
                                reading));
  }
}

// How values are put into a body of that type.
Escape escape_for(std::string_view content_type) {
  if (content_type.find("json") != std::string_view::npos) return Escape::json;
  if (content_type.starts_with("application/x-www-form-urlencoded")) return Escape::percent;
  return Escape::none;
}

void read_body(const Fields& fields, Step& step, Reading& reading) {
  const Node* found = nullptr;
  for (const std::string_view key : {"json", "form", "body"}) {
    const Node* const node = fields.find(key);
    if (!node) continue;
    if (found) reading.problems.add(*node, "a request has one body: json, form or body");
    found = node;
  }
  step.content_type = fields.text("content_type");
  if (step.content_type.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    reading.problems.add(*fields.find("content_type"), "\"content_type\" fits on one line");
  }
  if (!found) return;
  if (step.method == "HEAD") reading.problems.add(*found, "a HEAD request has no body");
  if (const Node* const json = fields.find("json")) {
    append_json(*json, step.body, reading);
    if (step.content_type.empty()) step.content_type = "application/json";
  } else if (const Node* const form = fields.find("form")) {
    append_form(*form, step.body, reading);
    if (step.content_type.empty()) step.content_type = "application/x-www-form-urlencoded";
  } else {
    if (step.content_type.empty()) step.content_type = "text/plain";
    const std::string text = read_text(*found, "\"body\"", reading.problems);
    step.body =
        compile_template(*found, text, Escape::none, escape_for(step.content_type), reading);
  }
}

void note_variables(Step& step, std::size_t offset, Reading& reading) {
  const auto add = [&](const Template& used) {
    for (const std::uint32_t variable : used.variables()) {
      const auto end = step.variables.end();
      if (std::find(step.variables.begin(), end, variable) == end) {
        step.variables.push_back(variable);
      }
    }
  };
  add(step.path);
  for (const auto& [name, value] : step.headers) add(value);
  add(step.body);
  reading.uses.push_back({offset, step.variables});
}

void read_on_failure(const Fields& fields, Step& step, Problems& problems) {
  const Node* const node = fields.find("on_failure");
  if (!node) return;
  const std::string what = read_text(*node, "\"on_failure\"", problems);
  if (what != "end_task" && what != "continue") {
    problems.add(*node, "\"on_failure\" must be \"end_task\" or \"continue\"");
  }
  step.ends_task_on_failure = what != "continue";
}

Fields fields_of(const Node& node, bool task_keys, Problems& problems) {
  if (task_keys) {
    return {node,
            "a task",
            {"name",  "weight",  "steps",   "tags",  "get",     "post",
             "put",   "patch",   "delete",  "head",  "options", "method",
             "path",  "headers", "json",    "form",  "body",    "content_type",
             "group", "check",   "extract", "think", "timeout", "on_failure"},
            problems};
  }
  return {node,
          "a step",
          {"tags",         "get",    "post",  "put",     "patch", "delete",  "head",
           "options",      "method", "path",  "headers", "json",  "form",    "body",
           "content_type", "group",  "check", "extract", "think", "timeout", "on_failure"},
          problems};
}

}  // namespace

Template compile_template(const Node& node, std::string_view text, Escape literals, Escape values,
                          Reading& reading) {
  auto compiled = Template::compile(text, literals, values, reading.names);
  if (compiled) return std::move(*compiled);
  reading.problems.add(node, compiled.error().message);
  return {};
}

std::string json_of(const Node& node) {
  std::string result;
  switch (node.kind) {
    case Node::Kind::string:
      result = "\"";
      append_json_escaped(node.text, result);
      return result += '"';
    case Node::Kind::array:
      for (const Node& item : node.items) result += (result.empty() ? "" : ",") + json_of(item);
      return "[" + result + "]";
    case Node::Kind::object:
      for (const Member& member : node.members) {
        if (!result.empty()) result += ',';
        result += '"';
        append_json_escaped(member.key, result);
        result += "\":" + json_of(member.value);
      }
      return "{" + result + "}";
    default:
      return node.text;
  }
}

Step read_step(const Node& node, bool task_keys, Reading& reading) {
  Problems& problems = reading.problems;
  Step step;
  const Fields fields = fields_of(node, task_keys, problems);
  if (problems.any()) return step;
  const Node* const path = read_method(fields, step, problems);
  if (!path) return step;
  read_path(*path, step, reading);
  if (const Node* const headers = fields.find("headers")) read_headers(*headers, step, reading);
  read_body(fields, step, reading);
  step.group = one_line(step.group);
  if (const Node* const group = fields.find("group")) {
    step.group = one_line(read_text(*group, "\"group\"", problems));
    if (step.group.empty()) problems.add(*group, "\"group\" must not be empty");
  }
  if (const Node* const check = fields.find("check")) read_checks(*check, step, reading);
  if (const Node* const extract = fields.find("extract")) read_extractions(*extract, step, reading);
  if (const Node* const think = fields.find("think")) {
    step.think = read_wait(*think, "\"think\"", false, problems);
  }
  step.timeout = fields.duration("timeout").value_or(Duration{});
  if (fields.find("timeout") && step.timeout <= Duration::zero()) {
    problems.add(*fields.find("timeout"), "\"timeout\" must be above 0");
  }
  read_on_failure(fields, step, problems);
  if (!task_keys) read_tags(fields, step.tags, problems);
  note_variables(step, node.offset, reading);
  step.number = reading.steps++;
  return step;
}

}  // namespace dyno::scenario
