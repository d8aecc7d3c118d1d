package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * What the BTF tags of a program expect of the verifier, as the kernel's own test loader reads
 * them.
 *
 * @param auxiliary only there for another program's sake
 * @param runnable whether its architectures include one that is ours
 */
record AnnotatedProgram(
    Expectation privileged,
    Expectation unprivileged,
    int flags,
    int logLevel,
    boolean auxiliary,
    boolean runnable) {
  private static final String TAG = "comment:test_";

  /**
   * One mode's expectation.
   *
   * @param accepted what is expected, or null where this mode is not tested
   * @param messages patterns of the log, in their order
   */
  record Expectation(@Nullable Boolean accepted, List<String> messages) {
    /** The first message that a log lacks, looked for behind the one before it. */
    Optional<String> missing(String log) {
      int at = 0;
      for (String message : messages) {
        Matcher matcher = pattern(message).matcher(log);
        if (!matcher.find(at)) {
          return Optional.of(message);
        }
        at = matcher.end();
      }
      return Optional.empty();
    }
  }

  /** Text with POSIX expressions between {@code {{} and {@code }}}. */
  private static Pattern pattern(String message) {
    StringBuilder regex = new StringBuilder();
    int at = 0;
    while (at < message.length()) {
      int open = message.indexOf("{{", at);
      int close = open < 0 ? -1 : message.indexOf("}}", open);
      if (close < 0) {
        break;
      }
      regex.append(Pattern.quote(message.substring(at, open)));
      regex.append('(').append(message, open + 2, close).append(')');
      at = close + 2;
    }
    regex.append(Pattern.quote(message.substring(at)));
    return Pattern.compile(regex.toString().replace("[[:space:]]", "\\s"), Pattern.MULTILINE);
  }

  private record Numbered(int number, String text) {}

  /** The annotations of a function; empty if it has none. */
  static Optional<AnnotatedProgram> of(Btf btf, String function) {
    List<String> tags = new ArrayList<>();
    for (BtfType type : btf.types()) {
      if (type instanceof BtfType.DeclTag tag
          && tag.name().startsWith(TAG)
          && btf.type(tag.type()) instanceof BtfType.Func func
          && func.name().equals(function)) {
        tags.add(tag.name().substring(TAG.length()));
      }
    }
    return tags.isEmpty() ? Optional.empty() : Optional.of(parse(tags));
  }

  private static AnnotatedProgram parse(List<String> tags) {
    Boolean privileged = null;
    Boolean unprivileged = null;
    List<Numbered> messages = new ArrayList<>();
    List<Numbered> messagesUnprivileged = new ArrayList<>();
    int flags = 0;
    int level = 0;
    boolean auxiliary = false;
    boolean anyArch = false;
    boolean ourArch = false;
    for (String tag : tags) {
      String[] parts = tag.split("=", 2);
      String value = parts.length > 1 ? parts[1] : "";
      switch (parts[0]) {
        case "expect_success" -> privileged = true;
        case "expect_failure" -> privileged = false;
        case "expect_success_unpriv" -> unprivileged = true;
        case "expect_failure_unpriv" -> unprivileged = false;
        case "expect_msg" -> messages.add(numbered(value));
        case "expect_msg_unpriv" -> messagesUnprivileged.add(numbered(value));
        case "log_level" -> level = Integer.decode(value);
        case "prog_flags" -> flags = flags(flags, value);
        case "auxiliary", "auxiliary_unpriv" -> auxiliary = true;
        case "arch" -> {
          anyArch = true;
          ourArch |= value.equals("X86_64") || value.equals("RISCV64");
        }
        default -> {}
      }
    }
    if (privileged == null && unprivileged == null && !auxiliary) {
      privileged = true;
    }
    List<String> expected = ordered(messages);
    List<String> expectedUnprivileged =
        messagesUnprivileged.isEmpty() ? expected : ordered(messagesUnprivileged);
    return new AnnotatedProgram(
        new Expectation(privileged, expected),
        new Expectation(unprivileged, expectedUnprivileged),
        flags,
        level,
        auxiliary,
        !anyArch || ourArch);
  }

  private static Numbered numbered(String value) {
    String[] parts = value.split("=", 2);
    return new Numbered(Integer.parseInt(parts[0]), parts[1]);
  }

  private static List<String> ordered(List<Numbered> messages) {
    return messages.stream()
        .sorted(Comparator.comparingInt(Numbered::number))
        .map(Numbered::text)
        .toList();
  }

  private static int flags(int flags, String value) {
    boolean clear = value.startsWith("!");
    String name = clear ? value.substring(1) : value;
    int flag =
        switch (name) {
          case "BPF_F_STRICT_ALIGNMENT" -> VerifierInput.BPF_F_STRICT_ALIGNMENT;
          case "BPF_F_ANY_ALIGNMENT" -> VerifierInput.BPF_F_ANY_ALIGNMENT;
          case "BPF_F_TEST_RND_HI32" -> VerifierInput.BPF_F_TEST_RND_HI32;
          case "BPF_F_TEST_STATE_FREQ" -> VerifierInput.BPF_F_TEST_STATE_FREQ;
          case "BPF_F_SLEEPABLE" -> VerifierInput.BPF_F_SLEEPABLE;
          case "BPF_F_XDP_HAS_FRAGS" -> VerifierInput.BPF_F_XDP_HAS_FRAGS;
          case "BPF_F_TEST_REG_INVARIANTS" -> VerifierInput.BPF_F_TEST_REG_INVARIANTS;
          default -> Integer.decode(name);
        };
    return clear ? flags & ~flag : flags | flag;
  }
}
