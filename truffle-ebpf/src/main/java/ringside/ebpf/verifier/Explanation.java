package ringside.ebpf.verifier;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a program was rejected, told to people: where in the C source, what is known there, what is
 * missing, and the usual fix. Made from the kernel's log, and kept apart from it.
 *
 * @param where the source line, or the instruction if there is no line information
 * @param path the last decisions on the way there, oldest first: the line, and in parentheses the
 *     comparison that held
 * @param known what the verifier knew of the register in question; empty if nothing helps
 * @param missing what it could not prove
 * @param fix what one usually does about it
 */
public record Explanation(
    String where, List<String> path, String known, String missing, String fix) {
  /** Copies the list. */
  public Explanation {
    path = List.copyOf(path);
  }

  private static final Pattern INSN = Pattern.compile("(?m)^(\\d+): \\([0-9a-f]{2}\\) (.*)$");
  private static final Pattern SOURCE = Pattern.compile("(?m)^; (.*) @ (\\S+:\\d+)$");

  /** One kind of mistake: how the log words it, and what to say. */
  private record Rule(Pattern pattern, String missing, String fix) {
    Rule(String regex, String missing, String fix) {
      this(Pattern.compile(regex), missing, fix);
    }
  }

  // The first rule that matches explains.
  private static final List<Rule> RULES =
      List.of(
          new Rule(
              "R(\\d+) invalid mem access '(\\w*)_or_null_?'",
              "R$1 is a pointer that may be NULL, and nothing on this path rules that out.",
              "Check the pointer first: `if (!p) return 0;`. A map lookup finds nothing when the"
                  + " key is not there."),
          new Rule(
              "R(\\d+) offset is outside of the packet",
              "The packet may end before the bytes that R$1 points to; no comparison with data_end"
                  + " covers them on this path.",
              "Compare before the access: `if (p + sizeof(*p) > data_end) return XDP_PASS;`, with"
                  + " the same pointer that is then used."),
          new Rule(
              "R(\\d+) invalid mem access 'scalar'",
              "R$1 is a plain number here, not a pointer; following it could read or write any"
                  + " kernel memory.",
              "Use the pointer as the kernel gave it. To read kernel memory use"
                  + " bpf_probe_read_kernel(); after bpf_xdp_adjust_head() and the like load data"
                  + " and data_end again."),
          new Rule(
              "R(\\d+) .*prohibited for !root",
              "Moved like this, R$1 could point outside of its object where the processor guesses"
                  + " wrongly; the kernel could not mask that for a task without CAP_PERFMON.",
              "Check the index before it is added, so that the result lies in the object on every"
                  + " path; or load with CAP_PERFMON."),
          new Rule(
              "the register R(\\d+) has .* should have been in \\[(\\S+), (\\S+)\\]",
              "What the program returns means something to the kernel, and R$1 may be something"
                  + " else than $2 to $3.",
              "Return one of the values that this hook knows, on every path."),
          new Rule(
              "inside bpf_spin_lock-ed region|while holding a lock|unlock is missing",
              "The lock is still held here, and it must be held shortly and given back by the same"
                  + " function.",
              "Call bpf_spin_unlock() on every path, before any other call and before returning."),
          new Rule(
              "helper call might sleep|sleepable",
              "This may sleep, and programs of this kind run where the kernel must not.",
              "Mark the program sleepable (`SEC(\"fentry.s/...\")`) where its type allows it, or"
                  + " use what does not sleep."),
          new Rule(
              "dereference of modified (\\S+) ptr R(\\d+)",
              "R$2 is a $1 pointer that was moved; it must be used as the kernel gave it.",
              "Access fields through the original pointer, each with its own constant offset."),
          new Rule(
              "R(\\d+) !read_ok",
              "R$1 holds no value on this path. A call leaves R1 to R5 without value.",
              "Give the variable a value on every path. If R$1 is R0 at the end, the function lacks"
                  + " a return value."),
          new Rule(
              "invalid (?:indirect )?read from stack",
              "Some of these stack bytes were never written, so their content is unknown.",
              "Initialise the variable where it is declared: `struct key k = {};`, padding"
                  + " included."),
          new Rule(
              "invalid(?: variable-offset)?(?: read from| write to) stack R(\\d+)",
              "The access is outside of the 512 bytes of stack that R$1 may point to.",
              "Check the array index against the array's size. Large buffers belong in a per-CPU"
                  + " array map."),
          new Rule(
              "R(\\d+) unbounded memory access",
              "Nothing limits the offset that was added to R$1 from above.",
              "Limit the index first: `if (i >= N) return 0;` or `i &= N - 1;`, and use the same"
                  + " variable afterwards."),
          new Rule(
              "R(\\d+) min value is negative",
              "The offset that was added to R$1 may be negative.",
              "Make the index unsigned, or check `if (i < 0) return 0;` too."),
          new Rule(
              "R(\\d+) (?:max|min) value is outside of the allowed memory range",
              "With the smallest or the largest offset possible here, the access through R$1 leaves"
                  + " the object.",
              "Check the index against the object's size less the size of the access."),
          new Rule(
              "invalid access to map value",
              "The access reaches past the end of the map value.",
              "Compare with value_size in the line above; the struct and the map definition must"
                  + " agree."),
          new Rule(
              "infinite loop detected",
              "One round of this loop ends in exactly the state it began with, so it never ends.",
              "Count rounds and stop: `for (int i = 0; i < MAX; i++)`. Or use bpf_loop()."),
          new Rule(
              "BPF program is too large. Processed",
              "Following all paths takes more than a million instructions; usually a loop with a"
                  + " large or unknown bound is the cause.",
              "Lower the loop's bound, use bpf_loop(), or split the program with tail calls."),
          new Rule(
              "back-edge from insn",
              "Loops need CAP_BPF.",
              "Unroll the loop (`#pragma unroll`) or load with more privileges."),
          new Rule(
              "invalid bpf_context access",
              "A program of this type may not access these bytes of its context, or not in this"
                  + " size or direction.",
              "Access whole fields as the header declares them; see which fields this program type"
                  + " has."),
          new Rule(
              "R(\\d+) type=(\\S+) expected=(.*)",
              "The helper wants one of `$3` in R$1 and gets `$2`.",
              "Compare the argument with the helper's description. A number where a pointer is"
                  + " wanted often means the pointer was computed or cast."),
          new Rule(
              "Unreleased reference|would lead to reference leak",
              "Something acquired on this path is never given back.",
              "Release it on every path, the error paths too: bpf_ringbuf_submit() or _discard(),"
                  + " bpf_sk_release()."),
          new Rule(
              "cannot use helper",
              "Programs of this type may not call this helper.",
              "Look up which program types have it, or do without."),
          new Rule(
              "unreachable insn",
              "No path leads to this instruction.",
              "Remove the dead code; compiled C has none."),
          new Rule(
              "combined stack size|call stack of",
              "The functions that call each other need more stack than the 512 bytes or 8 frames"
                  + " there are.",
              "Move large variables into a per-CPU array map; nest fewer calls."),
          new Rule(
              "R(\\d+) leaks addr",
              "R$1 is a kernel address, and this task may not see those.",
              "Store a number instead, or load with CAP_PERFMON."),
          new Rule(
              "R(\\d+) .*(?:pointer arithmetic|on pointer|pointer .* pointer) prohibited",
              "This arithmetic on the pointer in R$1 would make it impossible to say what it points"
                  + " to.",
              "Only add to and subtract from pointers into packets, map values and the stack; check"
                  + " for NULL before."));

  /** Explains a log that ends in a rejection; null if the log holds none that is known. */
  public static @Nullable Explanation of(String log) {
    int end = log.lastIndexOf("verification time ");
    if (end < 0) {
      end = log.lastIndexOf("processed ");
    }
    String head = end < 0 ? log : log.substring(0, end);
    List<String> tail = new ArrayList<>();
    for (String line : head.split("\n", -1)) {
      if (!line.isBlank()) {
        tail.add(line);
      }
    }
    int from = Math.max(0, tail.size() - 6);
    for (int i = tail.size() - 1; i >= from; i--) {
      for (Rule rule : RULES) {
        Matcher m = rule.pattern().matcher(tail.get(i));
        if (m.find()) {
          String missing = fill(rule.missing(), m);
          return new Explanation(
              where(head),
              LoggedPath.decisions(head),
              known(head, m),
              missing,
              fill(rule.fix(), m));
        }
      }
    }
    return null;
  }

  private static String fill(String template, Matcher m) {
    String text = template;
    for (int g = 1; g <= m.groupCount(); g++) {
      String group = m.group(g);
      text = text.replace("$" + g, group == null ? "" : group);
    }
    return text;
  }

  private static @Nullable Matcher last(Pattern pattern, String text) {
    Matcher m = pattern.matcher(text);
    int at = -1;
    while (m.find()) {
      at = m.start();
    }
    return at >= 0 && m.find(at) ? m : null;
  }

  private static String where(String log) {
    Matcher source = last(SOURCE, log);
    Matcher insn = last(INSN, log);
    String at = insn == null ? "" : "instruction " + insn.group(1);
    if (source == null) {
      return at;
    }
    return source.group(2) + ": " + source.group(1) + (at.isEmpty() ? "" : " (" + at + ")");
  }

  /** The last that the log said of the register in question. */
  private static String known(String log, Matcher m) {
    if (m.groupCount() == 0 || !m.group().startsWith("R")) {
      return "";
    }
    String reg = m.group(1);
    Pattern state = Pattern.compile("\\bR" + reg + "=(\\S+\\([^ ]*\\)|\\S+)");
    Matcher last = last(state, log);
    return last == null ? "" : "R" + reg + " was " + last.group(1);
  }

  /** The explanation as a short text, one heading a line. */
  public String text() {
    StringBuilder out = new StringBuilder();
    line(out, "where", where);
    for (String decision : path) {
      line(out, "path", decision);
    }
    line(out, "known", known);
    line(out, "missing", missing);
    line(out, "fix", fix);
    return out.toString();
  }

  private static void line(StringBuilder out, String heading, String content) {
    if (!content.isEmpty()) {
      out.append(String.format("%8s: %s\n", heading, content));
    }
  }
}
