package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.isa.ProgramType;
import ringside.ebpf.loader.ObjectLoader;
import ringside.ebpf.syscall.Bpf;
import ringside.ebpf.verifier.VerifierInput.FuncInfo;
import ringside.format.BadInputException;
import ringside.kernel.Kernel;
import ringside.kernel.KernelConfig;

class ProgramLayoutTest {
  private static BpfObject read(String source) {
    return ObjectReader.parse(
        "layout.o",
        Programs.compileText(
            "layout", "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n" + source));
  }

  private static List<String> functions(BpfObject object, String program) {
    return object.program(program).orElseThrow().functions().stream().map(FuncInfo::name).toList();
  }

  @Test
  void aProgramBringsWhatItReachesAndNothingElse() {
    BpfObject object =
        read(
            """
            volatile int v;
            __noinline int leaf(int x) { return x + v; }
            static __noinline int middle(int x) { return leaf(x) * v; }
            __noinline int unused(int x) { return x - v; }
            __noinline __hidden int quiet(int x) { return x ^ v; }
            static long callback(int i, void *ctx) { v += i; return 0; }
            SEC("xdp") int both(void *ctx) { return middle(3) + leaf(4); }
            SEC("xdp") int one(void *ctx) { return quiet(5); }
            SEC("?tc") int loop(void *ctx) { bpf_loop(4, callback, 0, 0); return 0; }
            """);
    assertEquals(List.of("both", "middle", "leaf"), functions(object, "both"));
    assertEquals(List.of("one", "quiet"), functions(object, "one"));
    assertEquals(List.of("loop", "callback"), functions(object, "loop"));
    assertEquals(
        List.of(false, true, false).toString(),
        List.of(
                object.program("one").orElseThrow().functions().get(1).global(),
                object.program("both").orElseThrow().functions().get(2).global(),
                object.program("both").orElseThrow().functions().get(1).global())
            .toString());
    assertFalse(object.program("loop").orElseThrow().autoload());
    List<Insn> insns = object.program("both").orElseThrow().insns();
    for (FuncInfo function : object.program("both").orElseThrow().functions()) {
      boolean reached = function.insn() == 0;
      for (int i = 0; i < insns.size(); i++) {
        Insn insn = insns.get(i);
        reached |= insn.code() == 0x85 && insn.src() == 1 && i + 1 + insn.imm() == function.insn();
      }
      assertEquals(true, reached, function.name());
    }
  }

  @Test
  void anExceptionCallbackComesAlongThoughNobodyCallsIt() {
    BpfObject object =
        read(
            """
            #define __exception_cb(f) __attribute__((btf_decl_tag("exception_callback:" #f)))
            __noinline int handler(unsigned long long cookie) { return cookie + 1; }
            SEC("tc") __exception_cb(handler) int prog(struct __sk_buff *ctx) { return 0; }
            """);
    assertEquals(List.of("prog", "handler"), functions(object, "prog"));
  }

  @Test
  void anUnknownSectionNameIsRefusedWhenItsProgramIsLoaded() {
    BpfObject object = read("SEC(\"nonsense\") int prog(void *ctx) { return 0; }\n");
    assertEquals(ProgramType.UNSPEC, object.programs().getFirst().type());
    try (Kernel kernel = Kernel.boot(KernelConfig.defaults())) {
      ObjectLoader loader = ObjectLoader.open(new Bpf(kernel), object);
      BadInputException e =
          assertThrows(BadInputException.class, () -> loader.request(object.programs().getFirst()));
      assertEquals(
          "prog 'prog': missing BPF prog type, check ELF section name 'nonsense'", e.what());
      assertNotNull(e.hint());
    }
  }

  @Test
  void aStaticProgramIsRefused() {
    BadInputException e =
        assertThrows(
            BadInputException.class,
            () -> read("static SEC(\"xdp\") int prog(void *ctx) { return 0; }\n"));
    assertEquals("sec 'xdp': program 'prog' is static and not supported", e.what());
  }
}
