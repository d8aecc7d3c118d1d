package ringside.kernel.task;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import ringside.format.BadInputException;
import ringside.format.elf.ElfException;
import ringside.format.elf.ElfFile;
import ringside.format.elf.Machine;
import ringside.format.elf.ProgramHeader;
import ringside.kernel.core.KernelCore;
import ringside.kernel.cpu.UserContext;
import ringside.kernel.mm.PageTable;

/** Loads static riscv executables, as {@code fs/binfmt_elf.c} does. */
final class ProgramLoader {
  private static final String HINT = "compile it with: ringside cc FILE.c --target user";
  private static final long STACK_SIZE = 128 << 10;
  private static final int SP = 2;

  private final KernelCore core;

  ProgramLoader(KernelCore core) {
    this.core = core;
  }

  /**
   * Makes the address space of a program and sets where it starts.
   *
   * @throws BadInputException where it is no such program, or does not fit
   */
  AddressSpace load(String name, byte[] elf, List<String> args, UserContext context) {
    ElfFile file = ElfFile.parse(name, elf);
    file.require(ElfFile.ET_EXEC, Machine.RISCV, HINT);
    AddressSpace space = new AddressSpace(core);
    try {
      long end = 0;
      for (ProgramHeader header : file.programHeaders()) {
        if (header.type() == ProgramHeader.PT_INTERP) {
          throw new ElfException(name, "is linked dynamically; there are no libraries here", HINT);
        }
        if (header.type() == ProgramHeader.PT_LOAD && header.memorySize() > 0) {
          end = Math.max(end, segment(file, header, space));
        }
      }
      if (end == 0) {
        throw new ElfException(name, "has nothing to load", HINT);
      }
      space.setBrk(end);
      long top = AddressSpace.TOP - PageTable.PAGE_SIZE;
      if (!space.map(top - STACK_SIZE, top, PageTable.READ | PageTable.WRITE, "[stack]")) {
        throw noMemory(name);
      }
      context.pc = file.entry();
      context.x[SP] = arguments(space, top, args);
      return space;
    } catch (BadInputException e) {
      space.release();
      throw e;
    }
  }

  private long segment(ElfFile file, ProgramHeader header, AddressSpace space) {
    boolean write = (header.flags() & ProgramHeader.PF_W) != 0;
    boolean execute = (header.flags() & ProgramHeader.PF_X) != 0;
    if (write && execute) {
      throw new ElfException(
          file.name(),
          "has a segment at 0x%x that is both writable and executable".formatted(header.address()),
          HINT);
    }
    long end = header.address() + header.memorySize();
    if (header.address() < PageTable.PAGE_SIZE || end > AddressSpace.TOP / 2) {
      throw new ElfException(
          file.name(),
          "has a segment at 0x%x-0x%x, outside of 0x1000-0x%x"
              .formatted(header.address(), end, AddressSpace.TOP / 2),
          HINT);
    }
    int permissions =
        PageTable.READ | (write ? PageTable.WRITE : 0) | (execute ? PageTable.EXECUTE : 0);
    if (!space.map(header.address(), end, permissions, file.name())) {
      throw noMemory(file.name());
    }
    space.load(header.address(), file.bytes(header));
    return end;
  }

  private static BadInputException noMemory(String name) {
    return new BadInputException(
        name,
        "does not fit: its segments share a page, or RAM is used up",
        "link it with -z max-page-size=4096, or boot the kernel with more RAM");
  }

  /** Lays out argc, argv, an empty environment and an empty auxiliary vector; returns sp. */
  private static long arguments(AddressSpace space, long top, List<String> args) {
    long at = top;
    long[] pointers = new long[args.size()];
    for (int i = args.size() - 1; i >= 0; i--) {
      byte[] bytes = (args.get(i) + "\0").getBytes(StandardCharsets.UTF_8);
      at -= bytes.length;
      if (at < top - STACK_SIZE / 4) {
        throw new BadInputException(null, "argument list too long", "pass fewer arguments");
      }
      space.load(at, bytes);
      pointers[i] = at;
    }
    int words = 1 + args.size() + 1 + 1 + 2;
    long sp = (at - 8L * words) & -16;
    ByteBuffer vector = ByteBuffer.allocate(8 * words).order(ByteOrder.LITTLE_ENDIAN);
    vector.putLong(args.size());
    for (long pointer : pointers) {
      vector.putLong(pointer);
    }
    space.load(sp, vector.array());
    return sp;
  }
}
