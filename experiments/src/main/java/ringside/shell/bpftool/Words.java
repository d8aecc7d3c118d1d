package ringside.shell.bpftool;

import java.util.ArrayList;
import java.util.List;

/** The words of a command that are left; keywords may be cut short, as with iproute2. */
final class Words {
  private final List<String> words;
  private int at;

  Words(List<String> words) {
    this.words = new ArrayList<>(words);
  }

  boolean isEmpty() {
    return at == words.size();
  }

  int left() {
    return words.size() - at;
  }

  /** The next word, which stays. */
  String peek() {
    if (isEmpty()) {
      throw new Refusal("too few arguments");
    }
    return words.get(at);
  }

  /** The next word, which is taken. */
  String take() {
    String word = peek();
    at++;
    return word;
  }

  /** Takes the next word if it abbreviates a keyword. */
  boolean accept(String keyword) {
    if (!isEmpty() && !peek().isEmpty() && keyword.startsWith(peek())) {
      at++;
      return true;
    }
    return false;
  }

  /** Whether the next word abbreviates a keyword; it stays. */
  boolean ahead(String keyword) {
    return !isEmpty() && !peek().isEmpty() && keyword.startsWith(peek());
  }

  /** Complains where words are left. */
  void end() {
    if (!isEmpty()) {
      throw new Refusal("unexpected argument: " + peek());
    }
  }

  long number(String what) {
    String word = take();
    try {
      return Long.decode(word);
    } catch (NumberFormatException e) {
      throw new Refusal("can't parse %s: %s".formatted(what, word));
    }
  }
}
