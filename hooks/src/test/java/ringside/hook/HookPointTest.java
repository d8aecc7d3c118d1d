package ringside.hook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.oracle.truffle.api.CompilerDirectives;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import java.util.ArrayList;
import java.util.List;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import ringside.kernel.vm.GuestContext;
import ringside.kernel.vm.KernelLanguage;

class HookPointTest {
  private Engine engine;
  private GuestContext guest;
  private KernelLanguage language;
  private GuestContext.Scope scope;

  @BeforeEach
  void open() {
    engine =
        Engine.newBuilder()
            .allowExperimentalOptions(true)
            .option("engine.BackgroundCompilation", "false")
            .option("engine.CompilationFailureAction", "Throw")
            .option("compiler.TreatPerformanceWarningsAsErrors", "all")
            .build();
    guest = new GuestContext(engine);
    language = guest.language(KernelLanguage.ID, KernelLanguage::get);
    scope = guest.enter();
  }

  @AfterEach
  void close() {
    scope.close();
    guest.close();
    engine.close();
  }

  /** Says a constant verdict and remembers how it was called. */
  private static final class Verdict extends RootNode {
    private final long verdict;
    private int calls;
    private int inlined;

    Verdict(KernelLanguage language, long verdict) {
      super(language);
      this.verdict = verdict;
    }

    @Override
    public Object execute(VirtualFrame frame) {
      calls++;
      if (CompilerDirectives.inCompiledCode() && !CompilerDirectives.inCompilationRoot()) {
        inlined++;
      }
      return verdict;
    }

    Attachment attachment(String name, int priority) {
      return new Attachment(name, priority, getCallTarget());
    }
  }

  private Verdict verdict(long verdict) {
    return new Verdict(language, verdict);
  }

  @Test
  void anEmptyHookGivesThePolicysNeutralVerdict() {
    assertEquals(2, new HookPoint("xdp", VerdictPolicy.SINGLE, language).fire(0L));
    assertEquals(1, new HookPoint("nf", VerdictPolicy.NETFILTER, language).fire(0L));
    assertFalse(new HookPoint("nf", VerdictPolicy.NETFILTER, language).armed());
  }

  @Test
  void aSingleHookThatIsTakenIsBusy() {
    HookPoint hook = new HookPoint("xdp/eth0", VerdictPolicy.SINGLE, language);
    hook.attach(verdict(1).attachment("first", 0));
    AttachException e =
        assertThrows(AttachException.class, () -> hook.attach(verdict(2).attachment("second", 0)));
    assertEquals(16, e.errno());
    assertEquals(1, hook.fire(0L));
  }

  @Test
  void theSameAttachmentIsRefusedTwice() {
    HookPoint hook = new HookPoint("nf", VerdictPolicy.NETFILTER, language);
    Attachment attachment = verdict(1).attachment("a", 0);
    hook.attach(attachment);
    assertEquals(17, assertThrows(AttachException.class, () -> hook.attach(attachment)).errno());
    assertTrue(hook.detach(attachment));
    assertFalse(hook.detach(attachment));
    assertFalse(hook.armed());
  }

  @Test
  void netfilterRunsByPriorityUntilOneDoesNotAccept() {
    HookPoint hook = new HookPoint("nf", VerdictPolicy.NETFILTER, language);
    Verdict late = verdict(1);
    Verdict drops = verdict(0);
    Verdict early = verdict(1);
    hook.attach(late.attachment("late", 10));
    hook.attach(drops.attachment("drops", 0));
    hook.attach(early.attachment("early", -10));
    assertEquals(0, hook.fire(0L, 0L));
    assertEquals(List.of(1, 1, 0), List.of(early.calls, drops.calls, late.calls));
  }

  @Test
  void observersAllRunAndAreNotAsked() {
    HookPoint hook = new HookPoint("tp", VerdictPolicy.OBSERVE, language);
    Verdict first = verdict(77);
    Verdict second = verdict(0);
    hook.attach(first.attachment("first", 0));
    hook.attach(second.attachment("second", 0));
    assertEquals(0, hook.fire(0L, 0L));
    assertEquals(List.of(1, 1), List.of(first.calls, second.calls));
  }

  @Test
  void attachmentsInlineIntoTheirHookWithoutPerformanceWarnings() {
    for (VerdictPolicy policy : VerdictPolicy.values()) {
      HookPoint hook = new HookPoint("hook", policy, language);
      List<Verdict> bodies = new ArrayList<>();
      for (int i = 0; i < (policy == VerdictPolicy.SINGLE ? 1 : 3); i++) {
        Verdict body = verdict(1);
        bodies.add(body);
        hook.attach(body.attachment("a" + i, 0));
      }
      for (int i = 0; i < 30_000; i++) {
        hook.fire((long) i, 0L);
      }
      for (Verdict body : bodies) {
        assertEquals(30_000, body.calls);
        assertTrue(body.inlined > 10_000, policy + " inlined " + body.inlined);
      }
    }
  }

  @Test
  void hookNamesAreUnique() {
    HookRegistry registry = new HookRegistry(language);
    HookPoint made = registry.create("a", VerdictPolicy.OBSERVE);
    assertEquals(made, registry.find("a"));
    assertThrows(IllegalStateException.class, () -> registry.create("a", VerdictPolicy.OBSERVE));
  }
}
