package ringside.ebpf.verifier;

import java.util.List;
import java.util.Set;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/**
 * Decides whether a program is safe to run in the kernel, as Linux 6.18's {@code bpf_check} does.
 *
 * <p>Follows every path with what is known of each register and stack slot, and accepts the program
 * if no path can do harm. The order of the passes is Linux's, so that of several mistakes the same
 * one is reported.
 */
public final class Verifier {
  private static final int SIMULATED_CPUS = 1;
  private static final int MAX_INSNS = VerifierEnv.COMPLEXITY_LIMIT_INSNS;
  private static final int MAX_INSNS_UNPRIVILEGED = 4096;

  private final int nrCpuIds;
  private final Set<VerifierBug> bugs;

  /** A verifier for the simulated kernel, which has one CPU. */
  public Verifier() {
    this(SIMULATED_CPUS);
  }

  /**
   * A verifier for a kernel with so many possible CPUs.
   *
   * @param nrCpuIds Linux's {@code nr_cpu_ids}; bounds what {@code bpf_get_smp_processor_id}
   *     returns
   */
  public Verifier(int nrCpuIds) {
    this(nrCpuIds, Set.of());
  }

  /**
   * A verifier that makes old mistakes again.
   *
   * @param bugs the mistakes; none for the verifier as it is today
   */
  public Verifier(int nrCpuIds, Set<VerifierBug> bugs) {
    this.nrCpuIds = nrCpuIds;
    this.bugs = Set.copyOf(bugs);
  }

  /** A verifier for the simulated kernel that makes old mistakes again. */
  public Verifier(Set<VerifierBug> bugs) {
    this(SIMULATED_CPUS, bugs);
  }

  /** Verifies a program; a rejection is a result, never an exception. */
  public VerifierResult verify(VerifierInput input) {
    long start = System.nanoTime();
    VerifierEnv env = new VerifierEnv(input, nrCpuIds, bugs);
    int errno = 0;
    try {
      check(env);
    } catch (VerifierReject e) {
      errno = e.errno;
    } catch (IndexOutOfBoundsException | IllegalStateException | NullPointerException e) {
      // A mistake of the verifier itself: it must not end in an accepted program.
      errno = env.bug("insn " + env.insnIdx + ": " + e).errno;
    }
    if (env.log.level != 0) {
      printStatistics(env, System.nanoTime() - start, errno == 0);
    }
    if (errno != 0) {
      return VerifierResult.rejected(errno, env.log.text(), env.insnProcessed);
    }
    return new Rewriter(env).result();
  }

  private static void check(VerifierEnv env) throws VerifierReject {
    int length = env.program.length();
    if (length == 0 || length > (env.bpfCapable ? MAX_INSNS : MAX_INSNS_UNPRIVILEGED)) {
      throw new VerifierReject(length == 0 ? VerifierReject.EINVAL : VerifierReject.E2BIG, "");
    }
    CfgCheck cfg = new CfgCheck(env);
    cfg.findSubprograms();
    cfg.checkSubprograms();
    nameSubprograms(env);
    InsnChecks.resolve(env);
    cfg.checkReachability();
    cfg.computePostorder();
    checkSleepable(env);
    if (AttachTarget.needed(env.type)) {
      env.attachTarget = AttachTarget.resolve(env);
    }
    LoopFinder.number(env.program);
    new LiveRegisters(env).compute();
    Explorer explorer = new Explorer(env);
    explorer.explore(0);
    exploreGlobals(env, explorer);
    new StackDepth(env).check();
    checkKfuncs(env);
  }

  private static void nameSubprograms(VerifierEnv env) throws VerifierReject {
    List<VerifierInput.FuncInfo> functions = env.input.functions();
    for (int i = 0; i < env.subprograms.size(); i++) {
      Subprogram sub = env.subprograms.get(i);
      // Without the machinery behind `+`, which the first verification would have to load.
      sub.name = "subprog_".concat(Integer.toString(i));
      for (VerifierInput.FuncInfo f : functions) {
        if (f.insn() == sub.start) {
          sub.name = f.name();
          sub.global = f.global();
          sub.info = f;
        }
      }
    }
    if (!functions.isEmpty()) {
      checkReturnTypes(env, functions);
      return;
    }
    for (int i = 1; i < env.subprograms.size(); i++) {
      Subprogram sub = env.subprograms.get(i);
      if (sub.hasLdAbs) {
        throw env.reject(VerifierReject.EINVAL, "LD_ABS is not allowed in subprogs without BTF");
      }
      if (sub.hasTailCall) {
        throw env.reject(VerifierReject.EINVAL, "tail_call is not allowed in subprogs without BTF");
      }
    }
  }

  /** What ends a function out of turn returns a number for it, so it must return one. */
  private static void checkReturnTypes(VerifierEnv env, List<VerifierInput.FuncInfo> functions)
      throws VerifierReject {
    Btf types = env.input.types().program();
    for (VerifierInput.FuncInfo f : functions) {
      int subprogno = env.findSubprogram(f.insn());
      if (subprogno <= 0 || types == null || returnsNumber(types, f.type())) {
        continue;
      }
      Subprogram sub = env.subprograms.get(subprogno);
      if (sub.hasLdAbs) {
        throw env.reject(
            VerifierReject.EINVAL, "LD_ABS is only allowed in functions that return 'int'.");
      }
      if (sub.hasTailCall) {
        throw env.reject(
            VerifierReject.EINVAL, "tail_call is only allowed in functions that return 'int'.");
      }
    }
  }

  private static boolean returnsNumber(Btf types, int function) {
    if (!(types.type(function) instanceof BtfType.Func func)
        || !(types.type(func.type()) instanceof BtfType.FuncProto proto)) {
      return false;
    }
    return switch (types.stripped(proto.type())) {
      case BtfType.Int i -> i.size() <= 8;
      case BtfType.Enum32 _, BtfType.Enum64 _ -> true;
      default -> false;
    };
  }

  private static void checkSleepable(VerifierEnv env) throws VerifierReject {
    switch (env.type) {
      case SYSCALL -> {
        if (!env.sleepable) {
          throw env.reject(VerifierReject.EINVAL, "Syscall programs can only be sleepable");
        }
      }
      case TRACING, LSM, KPROBE, STRUCT_OPS -> {}
      default -> {
        if (env.sleepable) {
          throw env.reject(
              VerifierReject.EINVAL,
              "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be"
                  + " sleepable");
        }
      }
    }
  }

  /** Calls of kernel functions without an id were let through, in case they are dead code. */
  private static void checkKfuncs(VerifierEnv env) throws VerifierReject {
    for (int i = 0; i < env.program.length(); i++) {
      if (Program.isKfuncCall(env.program.insn(i))
          && env.program.insn(i).imm() == 0
          && env.program.aux[i].seen) {
        throw env.reject(
            VerifierReject.EINVAL, "invalid kernel function call not eliminated in verifier pass");
      }
    }
  }

  private static void exploreGlobals(VerifierEnv env, Explorer explorer) throws VerifierReject {
    boolean[] done = new boolean[env.subprograms.size()];
    boolean again = true;
    while (again) {
      again = false;
      for (int i = 1; i < env.subprograms.size(); i++) {
        Subprogram sub = env.subprograms.get(i);
        if (!sub.global || !sub.called || done[i]) {
          continue;
        }
        done[i] = true;
        if (env.log.tracing()) {
          env.log.print("Validating " + sub.name + "() func#" + i + "...\n");
        }
        explorer.explore(i);
        if (env.log.tracing()) {
          env.log.print(
              "Func#"
                  + i
                  + " ('"
                  + sub.name
                  + "') is safe for any args that match its prototype\n");
        }
        again = true;
      }
    }
  }

  /** Functions that no path enters are gone from an accepted program. */
  private static boolean reached(VerifierEnv env, Subprogram sub) {
    return env.program.aux[sub.start].seen;
  }

  private static void printStatistics(VerifierEnv env, long nanos, boolean accepted) {
    StringBuilder text = new StringBuilder(200);
    if ((env.log.level & VerifierLog.STATS) != 0) {
      text.append("verification time ").append(nanos / 1000).append(" usec\nstack depth ");
      String sep = "";
      for (Subprogram sub : env.subprograms) {
        if (!accepted || reached(env, sub)) {
          text.append(sep).append(sub.stackDepth);
          sep = "+";
        }
      }
      text.append('\n');
    }
    text.append("processed ").append(env.insnProcessed);
    text.append(" insns (limit ").append(VerifierEnv.COMPLEXITY_LIMIT_INSNS);
    text.append(") max_states_per_insn ").append(env.maxStatesPerInsn);
    text.append(" total_states ").append(env.totalStates);
    text.append(" peak_states ").append(env.peakStates).append(" mark_read 0\n");
    env.log.print(text.toString());
  }
}
