package ringside.ebpf.object;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import ringside.ebpf.Programs;
import ringside.ebpf.isa.Insn;
import ringside.ebpf.map.MapDescriptor;
import ringside.format.BadInputException;
import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;
import ringside.format.elf.ElfFile;

class ExternsTest {
  private static final String START =
      """
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      enum libbpf_tristate { TRI_NO = 0, TRI_YES = 1, TRI_MODULE = 2 };
      """;

  private static final Map<String, String> OPTIONS =
      Map.of(
          "CONFIG_BOOL", "y",
          "CONFIG_TRI", "m",
          "CONFIG_NUMBER", "0x1234",
          "CONFIG_NEGATIVE", "-2",
          "CONFIG_TEXT", "\"riscv64\"",
          "CONFIG_LETTER", "n");

  private static final Btf KERNEL =
      Btf.of(
          ElfFile.parse(
              "kernel.o",
              Programs.compileText(
                  "kernel",
                  """
                  struct task { int pid; };
                  struct task *current_task = 0;
                  __attribute__((noinline)) long bpf_known(struct task *t, int x) {
                    return t->pid + x;
                  }
                  __attribute__((section("a"))) long f(struct task *t) {
                    return bpf_known(current_task, 1);
                  }
                  """)));

  private static final TargetKernel TARGET =
      new TargetKernel(
          KERNEL,
          0x060c00,
          OPTIONS,
          name -> name.equals("jiffies") ? 0xffffffff80001230L : 0,
          true,
          true);

  private static BpfObject read(String source) {
    return ObjectReader.parse("x.o", Programs.compileText("externs", START + source), TARGET);
  }

  private static String refusal(String source) {
    return assertThrows(BadInputException.class, () -> read(source)).what();
  }

  @Test
  void kconfigVariablesHaveTheKernelsOptions() {
    BpfObject object =
        read(
            """
            extern int LINUX_KERNEL_VERSION __kconfig;
            extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
            extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
            extern long LINUX_UNKNOWN __kconfig __weak;
            extern _Bool CONFIG_BOOL __kconfig;
            extern enum libbpf_tristate CONFIG_TRI __kconfig;
            extern short CONFIG_NUMBER __kconfig;
            extern long CONFIG_NEGATIVE __kconfig;
            extern char CONFIG_TEXT[5] __kconfig;
            extern char CONFIG_LETTER __kconfig;
            extern int CONFIG_MISSING __kconfig __weak;
            SEC("xdp") int prog(void *ctx) {
              return LINUX_KERNEL_VERSION + LINUX_HAS_BPF_COOKIE + LINUX_HAS_SYSCALL_WRAPPER
                  + LINUX_UNKNOWN + CONFIG_BOOL + CONFIG_TRI + CONFIG_NUMBER + CONFIG_NEGATIVE
                  + CONFIG_TEXT[1] + CONFIG_LETTER + CONFIG_MISSING;
            }
            """);
    MapDescriptor shape = object.map(".kconfig").orElseThrow().shape();
    assertTrue(shape.frozen());
    assertEquals("x.kconfig", shape.name());
    byte[] initial = object.map(".kconfig").orElseThrow().initial();
    assertNotNull(initial);
    ByteBuffer values = ByteBuffer.wrap(initial).order(ByteOrder.LITTLE_ENDIAN);
    Btf btf = object.btf();
    assertNotNull(btf);
    BtfType.Datasec section =
        (BtfType.Datasec) btf.type(btf.find(".kconfig", BtfType.Datasec.class).orElseThrow());
    for (BtfType.SectionVariable place : section.variables()) {
      String name = btf.type(place.type()).name();
      int at = place.offset();
      switch (name) {
        case "LINUX_KERNEL_VERSION" -> assertEquals(0x060c00, values.getInt(at));
        case "LINUX_UNKNOWN" -> assertEquals(0, values.getLong(at));
        case "CONFIG_TRI" -> assertEquals(2, values.getInt(at));
        case "CONFIG_NUMBER" -> assertEquals(0x1234, values.getShort(at));
        case "CONFIG_NEGATIVE" -> assertEquals(-2, values.getLong(at));
        case "CONFIG_TEXT" ->
            assertEquals(
                "risc\0", new String(initial, at, 5, java.nio.charset.StandardCharsets.US_ASCII));
        case "CONFIG_LETTER" -> assertEquals('n', values.get(at));
        case "CONFIG_MISSING" -> assertEquals(0, values.getInt(at));
        default -> assertEquals(1, values.get(at), name);
      }
    }
    assertEquals(11, section.variables().size());
    assertEquals(section.size(), initial.length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          int CONFIG_MISSING | extern 'CONFIG_MISSING' (strong): not resolved
          _Bool CONFIG_TRI | extern (kcfg) 'CONFIG_TRI': value 'm' implies tristate or char type
          int CONFIG_BOOL | extern (kcfg) 'CONFIG_BOOL': value 'y' implies bool, tristate, or char type
          unsigned char CONFIG_NUMBER | extern (kcfg) 'CONFIG_NUMBER': value '4660' doesn't fit in 1 bytes
          int CONFIG_TEXT | extern (kcfg) 'CONFIG_TEXT': value '"riscv64"' implies char array type
          long LINUX_NONSENSE | extern (kcfg) 'LINUX_NONSENSE': unrecognized virtual extern
          double CONFIG_BOOL | extern (kcfg) 'CONFIG_BOOL': type is unsupported
          """)
  void optionsThatDoNotFitAreRefused(String declaration, String message) {
    String name = declaration.substring(declaration.lastIndexOf(' ') + 1);
    assertEquals(
        message,
        refusal(
            "extern %s __kconfig;\nSEC(\"xdp\") int prog(void *c) { return (long)&%s; }\n"
                .formatted(declaration, name)));
  }

  @Test
  void kernelSymbolsAreAddressesTypesAndFunctions() {
    BpfObject object =
        read(
            """
            struct task { int pid; };
            extern const void jiffies __ksym;
            extern const void nowhere __ksym __weak;
            extern struct task *current_task __ksym;
            extern struct task *other_task __ksym __weak;
            extern long bpf_known(struct task *t, int x) __ksym;
            extern long bpf_known___flavour(struct task *t, int x) __ksym;
            extern long bpf_unknown(void) __ksym __weak;
            SEC("xdp") long address(void *ctx) { return (long)&jiffies; }
            SEC("xdp") long nothing(void *ctx) { return (long)&nowhere; }
            SEC("xdp") long variable(void *ctx) { return (long)&current_task; }
            SEC("xdp") long gone(void *ctx) { return (long)&other_task; }
            SEC("xdp") long call(void *ctx) { return bpf_known(0, 1); }
            SEC("xdp") long flavoured(void *ctx) { return bpf_known___flavour(0, 1); }
            SEC("xdp") long guarded(void *ctx) { return bpf_unknown ? bpf_unknown() : 7; }
            """);
    assertEquals(List.of(0x80001230, -1), firstWide(object, "address", 0));
    assertEquals(List.of(0, 0), firstWide(object, "nothing", 0));
    int variable = KERNEL.find("current_task", BtfType.Var.class).orElseThrow();
    assertEquals(List.of(variable, 0), firstWide(object, "variable", 3));
    assertEquals(List.of(0, 0), firstWide(object, "gone", 0));
    int function = KERNEL.find("bpf_known", BtfType.Func.class).orElseThrow();
    assertEquals(new Insn(0x85, 0, 2, 0, function), call(object, "call"));
    assertEquals(new Insn(0x85, 0, 2, 0, function), call(object, "flavoured"));
    assertEquals(List.of(0, 0), firstWide(object, "guarded", 0));
    Insn poison = call(object, "guarded");
    assertEquals(0, poison.src());
    assertTrue(poison.imm() >= 2_002_000_000, poison.toString());
  }

  private static List<Integer> firstWide(BpfObject object, String program, int src) {
    List<Insn> insns = object.program(program).orElseThrow().insns();
    for (int i = 0; i < insns.size(); i++) {
      if (insns.get(i).isWide()) {
        assertEquals(src, insns.get(i).src());
        return List.of(insns.get(i).imm(), insns.get(i + 1).imm());
      }
    }
    throw new AssertionError("no 64-bit load in " + program);
  }

  private static Insn call(BpfObject object, String program) {
    return object.program(program).orElseThrow().insns().stream()
        .filter(i -> i.code() == 0x85)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatTheKernelLacksIsRefusedInLibbpfsWords() {
    assertEquals(
        "extern 'nowhere' (strong): not resolved",
        refusal(
            """
            extern const void nowhere __ksym;
            SEC("xdp") long f(void *c) { return (long)&nowhere; }
            """));
    assertEquals(
        "extern (func ksym) 'bpf_unknown': not found in kernel or module BTFs",
        refusal(
            """
            extern int bpf_unknown(void) __ksym;
            SEC("xdp") int f(void *c) { return bpf_unknown(); }
            """));
    String incompatible =
        refusal(
            """
            extern int bpf_known(int x) __ksym;
            SEC("xdp") int f(void *c) { return bpf_known(1); }
            """);
    assertTrue(
        incompatible.startsWith("extern (func ksym) 'bpf_known': func_proto ["), incompatible);
    String undeclared =
        refusal(
            """
            extern int nothing_declared(void);
            SEC("xdp") int f(void *c) { return nothing_declared(); }
            """);
    assertTrue(
        undeclared.matches("failed to find BTF for extern 'nothing_declared' .* section: -2"),
        undeclared);
  }
}
