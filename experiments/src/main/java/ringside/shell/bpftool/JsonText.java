package ringside.shell.bpftool;

import java.io.PrintWriter;

/** Writes JSON as bpftool does: a value at a time, pretty with four spaces a level. */
final class JsonText {
  private final PrintWriter out;
  private final boolean pretty;
  private int depth;
  private boolean comma;
  private boolean named;

  JsonText(PrintWriter out, boolean pretty) {
    this.out = out;
    this.pretty = pretty;
  }

  private void before() {
    if (named) {
      named = false;
      return;
    }
    if (comma) {
      out.print(',');
    }
    newline();
  }

  private void newline() {
    if (pretty && depth > 0) {
      out.print('\n');
      out.print("    ".repeat(depth));
    }
  }

  JsonText open(char bracket) {
    before();
    out.print(bracket);
    depth++;
    comma = false;
    return this;
  }

  JsonText close(char bracket) {
    depth--;
    if (comma) {
      if (pretty) {
        out.print('\n');
        out.print("    ".repeat(depth));
      }
    }
    out.print(bracket);
    comma = true;
    if (depth == 0) {
      out.print(pretty ? "\n" : "");
      comma = false;
    }
    return this;
  }

  JsonText object() {
    return open('{');
  }

  JsonText endObject() {
    return close('}');
  }

  JsonText array() {
    return open('[');
  }

  JsonText endArray() {
    return close(']');
  }

  JsonText name(String name) {
    before();
    quoted(name);
    out.print(pretty ? ": " : ":");
    named = true;
    comma = true;
    return this;
  }

  /** A number, or whatever else stands without quotes. */
  JsonText raw(String text) {
    before();
    out.print(text);
    comma = true;
    return this;
  }

  JsonText text(String text) {
    before();
    quoted(text);
    comma = true;
    return this;
  }

  JsonText field(String name, String text) {
    return name(name).text(text);
  }

  JsonText field(String name, long number) {
    return name(name).raw(Long.toString(number));
  }

  JsonText field(String name, boolean value) {
    return name(name).raw(value ? "true" : "false");
  }

  private void quoted(String text) {
    out.print('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\t' -> out.print("\\t");
        case '\n' -> out.print("\\n");
        case '\r' -> out.print("\\r");
        case '\f' -> out.print("\\f");
        case '\b' -> out.print("\\b");
        case '\\' -> out.print("\\\\");
        case '"' -> out.print("\\\"");
        default -> out.print(c);
      }
    }
    out.print('"');
  }
}
