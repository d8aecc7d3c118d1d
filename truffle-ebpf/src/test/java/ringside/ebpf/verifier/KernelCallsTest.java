package ringside.ebpf.verifier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import ringside.ebpf.isa.ProgramType;

/**
 * What a program may do with the kernel's functions and structs: for every rule a program that
 * keeps it and one that breaks it, with the words that Linux refuses it with.
 */
class KernelCallsTest {
  private static final int SLEEPABLE = VerifierInput.BPF_F_SLEEPABLE;
  private final KernelLab lab = new KernelLab();
  private final List<DynamicTest> tests = new ArrayList<>();

  private void accepts(String name, ProgramType type, int flags, String text) {
    tests.add(
        dynamicTest(
            name,
            () -> {
              VerifierResult result = lab.verify(type, flags, text);
              assertEquals(0, result.errno(), result.log());
            }));
  }

  private void accepts(String name, String text) {
    accepts(name, ProgramType.XDP, 0, text);
  }

  private void refuses(String name, ProgramType type, int flags, String line, String text) {
    tests.add(
        dynamicTest(
            name,
            () -> {
              VerifierResult result = lab.verify(type, flags, text);
              assertEquals(line, lastLine(result.log()), result.log());
            }));
  }

  private void refuses(String name, String line, String text) {
    refuses(name, ProgramType.XDP, 0, line, text);
  }

  private static String lastLine(String log) {
    int end = log.lastIndexOf("processed ");
    String head = (end < 0 ? log : log.substring(0, end)).stripTrailing();
    return head.substring(head.lastIndexOf('\n') + 1);
  }

  private static final String EXIT = "\nr0 = 0\nexit\n";

  @TestFactory
  List<DynamicTest> calls() {
    refuses(
        "a function that is no kfunc",
        "calling kernel function undeclared is not allowed",
        "call kfunc @undeclared" + EXIT);
    refuses(
        "a type that is no function", "kernel btf_id 1 is not a function", "call kfunc 1" + EXIT);
    accepts("a call without id in dead code", "r0 = 0\nif r0 == 0 goto +1\ncall kfunc 0" + EXIT);
    refuses(
        "a call without id",
        "invalid kernel function call not eliminated in verifier pass",
        "call kfunc 0" + EXIT);
    accepts(
        "a sleepable call", ProgramType.SYSCALL, SLEEPABLE, "r1 = 1\ncall kfunc @bpf_copy" + EXIT);
    refuses(
        "a sleepable call elsewhere",
        "program must be sleepable to call sleepable kfunc bpf_copy",
        "r1 = 1\ncall kfunc @bpf_copy" + EXIT);
    refuses("a pointer for a number", "R1 is not a scalar", "call kfunc @bpf_task_from_pid" + EXIT);
    return tests;
  }

  private static final String FROM_PID = "r1 = 1\ncall kfunc @bpf_task_from_pid\n";

  @TestFactory
  List<DynamicTest> references() {
    accepts(
        "a task that is released",
        FROM_PID + "if r0 == 0 goto +2\nr1 = r0\ncall kfunc @bpf_task_release" + EXIT);
    refuses(
        "a task that is kept",
        "BPF_EXIT instruction in main prog would lead to reference leak",
        FROM_PID + "if r0 == 0 goto +0" + EXIT);
    refuses(
        "a task that may be null",
        "Possibly NULL pointer passed to trusted arg0",
        FROM_PID + "r1 = r0\ncall kfunc @bpf_task_release" + EXIT);
    refuses(
        "a task that is released twice",
        "arg#0 pointer type STRUCT task_struct must point to scalar, or struct with scalar",
        FROM_PID
            + "if r0 == 0 goto +5\nr6 = r0\nr1 = r0\ncall kfunc @bpf_task_release\n"
            + "r1 = r6\ncall kfunc @bpf_task_release"
            + EXIT);
    refuses(
        "what is no reference",
        ProgramType.TRACING,
        0,
        "release kernel function bpf_task_release expects refcounted PTR_TO_BTF_ID",
        "r1 = *(u64 *)(r1 + 0)\ncall kfunc @bpf_task_release" + EXIT);
    refuses(
        "an exception over a reference",
        "bpf_throw would lead to reference leak",
        FROM_PID + "if r0 == 0 goto +2\nr1 = 0\ncall kfunc @bpf_throw" + EXIT);
    return tests;
  }

  @TestFactory
  List<DynamicTest> structs() {
    String task = "r6 = *(u64 *)(r1 + 0)\n";
    ProgramType tracing = ProgramType.TRACING;
    accepts("a member", tracing, 0, task + "r1 = *(u32 *)(r6 + 4)" + EXIT);
    accepts(
        "a pointer behind a pointer",
        tracing,
        0,
        task + "r6 = *(u64 *)(r6 + 8)\nr1 = *(u32 *)(r6 + 0)" + EXIT);
    refuses(
        "half a pointer",
        tracing,
        0,
        "cannot access ptr member real_parent with moff 8 in struct task_struct with off 8 size 4",
        task + "r1 = *(u32 *)(r6 + 8)" + EXIT);
    refuses(
        "beyond a member",
        tracing,
        0,
        "access beyond struct task_struct at off 48 size 8",
        task + "r1 = *(u64 *)(r6 + 48)" + EXIT);
    refuses(
        "before the struct",
        tracing,
        0,
        "R6 is ptr_task_struct invalid negative access: off=-8",
        task + "r1 = *(u64 *)(r6 - 8)" + EXIT);
    refuses("a store", tracing, 0, "only read is supported", task + "*(u32 *)(r6 + 0) = 1" + EXIT);
    refuses(
        "an argument that is not there",
        tracing,
        0,
        "invalid bpf_context access off=8 size=8",
        "r1 = *(u64 *)(r1 + 8)" + EXIT);
    accepts(
        "acquiring a parent",
        tracing,
        0,
        task
            + "r1 = *(u64 *)(r6 + 8)\ncall kfunc @bpf_task_acquire\nif r0 == 0 goto +2\n"
            + "r1 = r0\ncall kfunc @bpf_task_release"
            + EXIT);
    refuses(
        "acquiring what nothing protects",
        tracing,
        0,
        "R1 must be a rcu pointer",
        task + "r1 = *(u64 *)(r6 + 32)\ncall kfunc @bpf_task_acquire" + EXIT);
    return tests;
  }

  @TestFactory
  List<DynamicTest> sections() {
    String[][] sections = {
      {"bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_rcu_read_lock", ""},
      {"bpf_preempt_disable", "bpf_preempt_enable", "bpf_preempt_disable", ""},
      {"bpf_local_irq_save", "bpf_local_irq_restore", "bpf_local_irq_save", "r1 = r10\nr1 += -8\n"}
    };
    for (String[] s : sections) {
      String enter = s[3] + "call kfunc @" + s[0] + "\n";
      String leave = s[3] + "call kfunc @" + s[1] + "\n";
      accepts(s[0] + " left", enter + leave + EXIT);
      refuses(
          s[0] + " never left",
          "BPF_EXIT instruction in main prog cannot be used inside " + s[2] + "-ed region",
          enter + EXIT);
    }
    refuses(
        "RCU twice",
        "nested rcu read lock (kernel function bpf_rcu_read_lock)",
        "call kfunc @bpf_rcu_read_lock\ncall kfunc @bpf_rcu_read_lock" + EXIT);
    refuses(
        "RCU left before",
        "unmatched rcu read unlock (kernel function bpf_rcu_read_unlock)",
        "call kfunc @bpf_rcu_read_unlock" + EXIT);
    refuses(
        "preemption enabled before",
        "unmatched attempt to enable preemption (kernel function bpf_preempt_enable)",
        "call kfunc @bpf_preempt_enable" + EXIT);
    refuses(
        "interrupts restored before",
        "expected an initialized irq flag as arg#0",
        "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\ncall kfunc @bpf_local_irq_restore" + EXIT);
    refuses(
        "sleeping in a read section",
        ProgramType.SYSCALL,
        SLEEPABLE,
        "kernel func bpf_copy is sleepable within rcu_read_lock region",
        "call kfunc @bpf_rcu_read_lock\nr1 = 1\ncall kfunc @bpf_copy\n"
            + "call kfunc @bpf_rcu_read_unlock"
            + EXIT);
    return tests;
  }

  private static final String ITERATE =
      """
      r6 = r10
      r6 += -8
      r1 = r6
      r2 = 0
      r3 = 10
      call kfunc @bpf_iter_num_new
      again: r1 = r6
      call kfunc @bpf_iter_num_next
      if r0 == 0 goto done
      r1 = *(u32 *)(r0 + 0)
      goto again
      done: r1 = r6
      """;

  @TestFactory
  List<DynamicTest> iterators() {
    accepts("a loop", ITERATE + "call kfunc @bpf_iter_num_destroy" + EXIT);
    refuses(
        "a loop without end",
        "BPF_EXIT instruction in main prog would lead to reference leak",
        ITERATE + EXIT);
    refuses(
        "advancing nothing",
        "expected an initialized iter_num as arg #0",
        "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\ncall kfunc @bpf_iter_num_next" + EXIT);
    refuses(
        "an iterator elsewhere",
        "arg#0 expected pointer to an iterator on stack",
        "r2 = 0\nr3 = 1\ncall kfunc @bpf_iter_num_new" + EXIT);
    refuses(
        "an iterator over an iterator",
        "expected uninitialized iter_num as arg #0",
        ITERATE + "r2 = 0\nr3 = 1\ncall kfunc @bpf_iter_num_new" + EXIT);
    return tests;
  }

  private static final String RESERVE =
      """
      r1 = map_fd(4)
      r2 = 16
      r3 = 0
      r4 = r10
      r4 += -16
      call 198
      """;
  private static final String THE_DYNPTR = "r1 = r10\nr1 += -16\n";
  private static final String DISCARD = THE_DYNPTR + "r2 = 0\ncall 200\n";

  @TestFactory
  List<DynamicTest> dynptrs() {
    accepts("a reservation", RESERVE + DISCARD + EXIT);
    refuses(
        "a reservation that is kept",
        "BPF_EXIT instruction in main prog would lead to reference leak",
        RESERVE + EXIT);
    refuses(
        "a reservation that is overwritten",
        "cannot overwrite referenced dynptr",
        RESERVE + "*(u64 *)(r10 - 8) = 1\n" + DISCARD + EXIT);
    refuses(
        "a release too many",
        "arg 1 is an unacquired reference",
        RESERVE + DISCARD + DISCARD + EXIT);
    String slice = RESERVE + THE_DYNPTR + "r2 = 0\nr3 = 8\ncall 203\nif r0 == 0 goto +1\n";
    accepts("a slice", slice + "*(u64 *)(r0 + 0) = 1\n" + DISCARD + EXIT);
    refuses(
        "a slice that outlives its memory",
        "R6 invalid mem access 'scalar'",
        RESERVE
            + THE_DYNPTR
            + "r2 = 0\nr3 = 8\ncall 203\nr6 = r0\nif r0 == 0 goto +5\n"
            + DISCARD
            + "*(u64 *)(r6 + 0) = 1"
            + EXIT);
    refuses(
        "a dynptr that is none",
        "Expected an initialized dynptr as arg #0",
        "*(u64 *)(r10 - 16) = 0\n*(u64 *)(r10 - 8) = 0\n"
            + THE_DYNPTR
            + "call kfunc @bpf_dynptr_size"
            + EXIT);
    refuses(
        "a dynptr at an odd place",
        "Dynptr has to be an uninitialized dynptr",
        "r1 = map_fd(4)\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -12\ncall 198\n" + DISCARD + EXIT);
    return tests;
  }

  private static final String LOOKUP =
      """
      *(u32 *)(r10 - 4) = 0
      r2 = r10
      r2 += -4
      call 1
      if r0 == 0 goto out
      r6 = r0
      """;
  private static final String LIST = "r1 = map_fd(0)\n" + LOOKUP;
  private static final String LOCK = "r1 = r6\ncall 93\n";
  private static final String UNLOCK = "r1 = r6\ncall 94\n";
  private static final String OUT = "\nout: r0 = 0\nexit\n";

  @TestFactory
  List<DynamicTest> locks() {
    ProgramType tc = ProgramType.XDP;
    accepts("a lock", tc, 0, LIST + LOCK + UNLOCK + OUT);
    refuses(
        "a lock that is kept",
        "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region",
        LIST + LOCK + OUT);
    refuses(
        "two locks",
        "function calls are not allowed while holding a lock",
        LIST + LOCK + LOCK + UNLOCK + OUT);
    refuses(
        "a call under a lock",
        "function calls are not allowed while holding a lock",
        LIST + LOCK + "call 5\n" + UNLOCK + OUT);
    refuses("an unlock alone", "bpf_spin_unlock without taking a lock", LIST + UNLOCK + OUT);
    refuses(
        "another place than the lock's",
        "off 8 doesn't point to 'struct bpf_spin_lock' that is at 0",
        LIST + "r1 = r6\nr1 += 8\ncall 93\n" + OUT);
    refuses(
        "a store to a lock",
        "bpf_spin_lock cannot be accessed directly by load/store",
        LIST + "*(u32 *)(r6 + 0) = 1\n" + OUT);
    refuses(
        "a map without lock",
        "map 'array' has to have BTF in order to use bpf_spin_lock",
        "r1 = map_fd(3)\n" + LOOKUP + LOCK + OUT);
    return tests;
  }

  private static final String NEW =
      "r1 = %item\nr2 = 0\ncall kfunc @bpf_obj_new_impl\nif r0 == 0 goto out\nr7 = r0\n";
  private static final String DROP = "r2 = 0\ncall kfunc @bpf_obj_drop_impl\n";
  private static final String PUSH =
      "r1 = r6\nr1 += 8\nr2 = r7\nr3 = 0\nr4 = 0\ncall kfunc @bpf_list_push_front_impl\n";

  @TestFactory
  List<DynamicTest> objects() {
    accepts("an object", NEW + "*(u64 *)(r7 + 24) = 1\nr1 = r7\n" + DROP + OUT);
    refuses(
        "an object that is kept",
        "BPF_EXIT instruction in main prog would lead to reference leak",
        NEW + OUT);
    refuses(
        "a store to a node",
        "direct access to bpf_list_node is disallowed",
        NEW + "*(u64 *)(r7 + 0) = 1\nr1 = r7\n" + DROP + OUT);
    refuses(
        "beyond an object",
        "access beyond struct item at off 32 size 8",
        NEW + "*(u64 *)(r7 + 32) = 1\nr1 = r7\n" + DROP + OUT);
    refuses(
        "an unknown type",
        "bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct",
        "r1 = 1\nr2 = 0\ncall kfunc @bpf_obj_new_impl" + EXIT);
    accepts("an object in a list", LIST + NEW + LOCK + PUSH + UNLOCK + OUT);
    refuses(
        "a list without its lock",
        "bpf_spin_lock at off=0 must be held for bpf_list_head",
        LIST + NEW + PUSH + OUT);
    refuses(
        "what is owned by a list after the lock",
        "R7 invalid mem access 'scalar'",
        LIST + NEW + LOCK + PUSH + UNLOCK + "r1 = *(u64 *)(r7 + 24)\n" + OUT);
    accepts(
        "what is owned by a list under the lock",
        LIST + NEW + LOCK + PUSH + "r8 = *(u64 *)(r7 + 24)\n" + UNLOCK + OUT);
    refuses(
        "an object in a list twice",
        "arg#1 expected pointer to allocated object",
        LIST + NEW + LOCK + PUSH + PUSH + UNLOCK + OUT);
    return tests;
  }

  @TestFactory
  List<DynamicTest> values() {
    String timer = "r1 = map_fd(1)\n" + LOOKUP;
    accepts("a timer", timer + "r1 = r6\nr2 = map_fd(1)\nr3 = 0\ncall 169\n" + OUT);
    refuses(
        "a timer of another map",
        "timer pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=0",
        timer + "r1 = r6\nr2 = map_fd(3)\nr3 = 0\ncall 169\n" + OUT);
    refuses(
        "a load of a timer",
        "bpf_timer cannot be accessed directly by load/store",
        timer + "r1 = *(u64 *)(r6 + 0)\n" + OUT);
    String task = "r1 = map_fd(2)\n" + LOOKUP;
    accepts(
        "an exchange",
        task
            + "r1 = r6\nr1 += 8\nr2 = 0\ncall 194\nif r0 == 0 goto out\nr1 = r0\n"
            + "call kfunc @bpf_task_release\n"
            + OUT);
    refuses(
        "an exchange that is lost",
        "BPF_EXIT instruction in main prog would lead to reference leak",
        task + "r1 = r6\nr1 += 8\nr2 = 0\ncall 194\n" + OUT);
    refuses(
        "an exchange of what is not owned",
        "off=0 kptr isn't referenced kptr",
        task + "r1 = r6\nr2 = 0\ncall 194\n" + OUT);
    refuses(
        "a store to what is owned",
        "store to referenced kptr disallowed",
        task + "r1 = 0\n*(u64 *)(r6 + 8) = r1\n" + OUT);
    refuses(
        "half a kptr", "kptr access size must be BPF_DW", task + "r1 = *(u32 *)(r6 + 0)\n" + OUT);
    refuses(
        "a number for a kptr",
        "invalid kptr access, R1 type=scalar expected=ptr_task_struct or untrusted_ptr_task_struct",
        task + "r1 = 7\n*(u64 *)(r6 + 0) = r1\n" + OUT);
    refuses(
        "a kptr that may be null",
        "R1 invalid mem access 'untrusted_ptr_or_null_'",
        ProgramType.SYSCALL,
        task);
    return tests;
  }

  private void refuses(String name, String line, ProgramType type, String lookup) {
    refuses(
        name,
        type,
        SLEEPABLE,
        line,
        lookup + "r1 = *(u64 *)(r6 + 0)\nr1 = *(u32 *)(r1 + 0)\n" + OUT);
  }

  private static final String CAST =
      "addr_space_cast insn can only be used in a program that has an associated arena";

  @TestFactory
  List<DynamicTest> arenas() {
    String cast = "r1 = 0\nr1 = addr_space_cast(r1, 0, 1)\nr2 = *(u64 *)(r1 + 4096)\n";
    accepts("an arena", "r3 = map_fd(5)\n" + cast + EXIT);
    refuses("no arena", CAST, cast + EXIT);
    return tests;
  }

  @TestFactory
  List<DynamicTest> globalFunctions() {
    String call = "call callee\nr0 = 0\nexit\n";
    String callee = "callee: r0 = *(u64 *)(r1 + 0)\nexit\n";
    String valid = "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\n";
    tests.add(
        dynamicTest(
            "an argument that is never null",
            () ->
                assertEquals(
                    0,
                    lab.verify(
                            ProgramType.XDP, 0, valid + call + callee, lab.function("nonnull", 6))
                        .errno())));
    global(
        "an argument that may be null",
        "R1 invalid mem access 'mem_or_null'",
        valid + call + callee,
        lab.function("nullable", 6));
    global(
        "a number for a pointer",
        "Caller passes invalid args into func#1 ('nonnull')",
        "r1 = 7\n" + call + callee,
        lab.function("nonnull", 4));
    return tests;
  }

  private void global(String name, String line, String text, VerifierInput.FuncInfo function) {
    tests.add(
        dynamicTest(
            name,
            () -> {
              VerifierResult result = lab.verify(ProgramType.XDP, 0, text, function);
              assertEquals(line, lastLine(result.log()), result.log());
            }));
  }
}
