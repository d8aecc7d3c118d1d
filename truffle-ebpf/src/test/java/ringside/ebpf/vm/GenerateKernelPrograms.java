package ringside.ebpf.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import ringside.ebpf.asm.Assembler;
import ringside.ebpf.isa.Insn;

/**
 * Writes random XDP programs as requests of {@code prog batch}, to be put to a real kernel.
 *
 * <p>Bytes 0–79 of the packet are r0–r9 going in, and come out as r0–r9. Arguments: file, seed, how
 * many programs. Not run by tests; what it wrote once is {@code kernel-answers.jsonl}.
 */
final class GenerateKernelPrograms {
  private static final int BODY = 32;
  private static final int PACKET = 80;

  private GenerateKernelPrograms() {}

  /** Entry point. */
  public static void main(String[] args) throws IOException {
    long seed = Long.parseLong(args[1]);
    RandomPrograms source = new RandomPrograms(seed);
    Random random = new Random(~seed);
    List<String> lines = new ArrayList<>();
    for (int id = 0; id < Integer.parseInt(args[2]); id++) {
      String hex = HexFormat.of().formatHex(Insn.encodeAll(program(source)));
      byte[] data = new byte[PACKET];
      for (int register = 0; register < 10; register++) {
        long value = RandomPrograms.value(random);
        for (int i = 0; i < 8; i++) {
          data[register * 8 + i] = (byte) (value >>> (8 * i));
        }
      }
      lines.add(
          "{\"id\":%d,\"cmd\":\"run\",\"type\":\"xdp\",\"hex\":\"%s\",\"data\":\"%s\"}"
              .formatted(id, hex, HexFormat.of().formatHex(data)));
    }
    Files.write(Path.of(args[0]), lines);
  }

  private static List<Insn> program(RandomPrograms source) {
    StringBuilder head =
        new StringBuilder(
            """
            r2 = *(u32 *)(r1 + 4)
            r1 = *(u32 *)(r1 + 0)
            r3 = r1
            r3 += 80
            if r3 > r2 goto out
            *(u64 *)(r10 - 72) = r1
            """);
    for (int slot = 0; slot < 8; slot++) {
      head.append(
          "r2 = *(u64 *)(r1 + %d)\n*(u64 *)(r10 - %d) = r2\n".formatted(8 * slot, 64 - 8 * slot));
    }
    for (int register : new int[] {0, 2, 3, 4, 5, 6, 7, 8, 9, 1}) {
      head.append("r%d = *(u64 *)(r1 + %d)\n".formatted(register, 8 * register));
    }
    StringBuilder tail = new StringBuilder("*(u64 *)(r10 - 80) = r0\nr0 = *(u64 *)(r10 - 72)\n");
    for (int register = 1; register < 10; register++) {
      tail.append("*(u64 *)(r0 + %d) = r%d\n".formatted(8 * register, register));
    }
    tail.append("r1 = *(u64 *)(r10 - 80)\n*(u64 *)(r0 + 0) = r1\nout: r0 = 1\nexit\n");
    List<Insn> body = source.body(BODY);
    for (int i = 0; i < 4; i++) {
      body.add(new Insn(0x05, 0, 0, 0, 0)); // where the last jumps lead
    }
    String pad = "goto pc+0\n".repeat(body.size());
    List<Insn> all = new ArrayList<>(Assembler.assemble(head + pad + tail));
    int from = Assembler.assemble(head.toString().replace("goto out", "goto pc+1")).size();
    for (int i = 0; i < body.size(); i++) {
      all.set(from + i, body.get(i));
    }
    return all;
  }
}
