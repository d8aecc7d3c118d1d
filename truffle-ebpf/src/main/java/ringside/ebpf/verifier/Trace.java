package ringside.ebpf.verifier;

import org.jspecify.annotations.Nullable;

/** Writes the course of the analysis to the log: instructions, states, source lines. */
final class Trace {
  private static final int ALIGNMENT = 40;
  private static final int MIN_ALIGNMENT = 8;

  private final VerifierEnv env;

  Trace(VerifierEnv env) {
    this.env = env;
  }

  /** Prints a whole frame, or what changed in it since the last time. */
  void state(VerifierState st, int frame, boolean all) {
    StringBuilder text = new StringBuilder();
    StatePrinter.append(
        text, st, frame, all ? -1 : env.scratchedRegs, all ? -1L : env.scratchedSlots);
    env.log.print(text.toString());
    if (!all) {
      env.scratchNone();
    }
  }

  /** Prints what the last instruction changed, behind it if nothing was printed in between. */
  void insnState(VerifierState st, int frame) {
    if (env.prevLogPos != 0 && env.prevLogPos == env.log.position()) {
      env.log.reset(env.prevLogPos - 1);
      int pos = env.prevInsnPrintLen;
      int wide = Math.max(pos + MIN_ALIGNMENT / 2, ALIGNMENT);
      wide = (wide + MIN_ALIGNMENT - 1) / MIN_ALIGNMENT * MIN_ALIGNMENT;
      env.log.print(" ".repeat(Math.max(1, wide - pos - 1)) + ";");
    } else {
      env.log.print(env.insnIdx + ":");
    }
    state(st, frame, false);
  }

  /** Prints the source line that an instruction begins, if it is another than the last printed. */
  void sourceLine(int insn, String prefix) {
    if (env.log.level == 0) {
      return;
    }
    VerifierInput.LineInfo found = find(insn);
    VerifierInput.LineInfo prev = env.prevLine;
    if (found == null || found.equals(prev)) {
      return;
    }
    if (prev != null && prev.line() == found.line() && prev.file().equals(found.file())) {
      return;
    }
    String file = found.file().substring(found.file().lastIndexOf('/') + 1);
    env.log.print(prefix + found.text().stripLeading() + " @ " + file + ":" + found.line() + "\n");
    env.prevLine = found;
  }

  private VerifierInput.@Nullable LineInfo find(int insn) {
    VerifierInput.LineInfo best = null;
    for (VerifierInput.LineInfo line : env.input.lines()) {
      if (line.insn() > insn) {
        break;
      }
      best = line;
    }
    return best;
  }

  void insn(int idx) {
    env.prevLogPos = env.log.position();
    env.log.print(idx + ": " + InsnText.of(env, idx) + "\n");
    env.prevInsnPrintLen = (int) (env.log.position() - env.prevLogPos);
    env.prevLogPos = env.log.position();
  }
}
