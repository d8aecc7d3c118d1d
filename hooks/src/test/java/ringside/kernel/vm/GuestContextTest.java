package ringside.kernel.vm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.oracle.truffle.api.Truffle;
import com.oracle.truffle.api.frame.VirtualFrame;
import com.oracle.truffle.api.nodes.RootNode;
import org.graalvm.polyglot.Engine;
import org.junit.jupiter.api.Test;
import ringside.hook.Attachment;
import ringside.hook.HookPoint;
import ringside.hook.VerdictPolicy;
import ringside.kernel.mm.Memory;

class GuestContextTest {
  @Test
  void theOptimizingRuntimeIsInstalled() {
    assertNotEquals("Interpreted", Truffle.getRuntime().getName());
  }

  @Test
  void anAttachmentCompilesIntoItsHook() {
    Memory memory = new Memory(1 << 20, null);
    memory.writeLong(Memory.PAGE_OFFSET + 64, 41);
    try (Engine engine =
            Engine.newBuilder()
                .allowExperimentalOptions(true)
                .option("engine.BackgroundCompilation", "false")
                .option("engine.CompilationFailureAction", "Throw")
                .option("compiler.TracePerformanceWarnings", "all")
                .build();
        GuestContext guest = new GuestContext(engine)) {
      KernelLanguage language = guest.language(KernelLanguage.ID, KernelLanguage::get);
      HookPoint hook = new HookPoint("test", VerdictPolicy.SINGLE, language);
      assertEquals(2, hook.fire(0L));
      RootNode body =
          new RootNode(language) {
            @Override
            public Object execute(VirtualFrame frame) {
              return memory.readLong((long) frame.getArguments()[0]) + 1;
            }
          };
      hook.attach(new Attachment("a", 0, body.getCallTarget()));
      try (GuestContext.Scope _ = guest.enter()) {
        for (int i = 0; i < 20_000; i++) {
          assertEquals(42, hook.fire(Memory.PAGE_OFFSET + 64));
        }
      }
    }
  }
}
