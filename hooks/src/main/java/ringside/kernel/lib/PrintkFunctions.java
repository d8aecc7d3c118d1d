package ringside.kernel.lib;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import java.nio.charset.StandardCharsets;
import ringside.kernel.core.KernelCore;
import ringside.kernel.mm.Memory;
import ringside.kernel.printk.Printk;
import ringside.kernel.printk.Vsprintf;
import ringside.kernel.text.CallArgs;
import ringside.kernel.text.KernelFunction;

/** {@code kernel/printk/}, {@code kernel/panic.c} and the formatting half of {@code lib/}. */
public final class PrintkFunctions {
  private static final int DEFAULT_LEVEL = Printk.WARNING;
  private static final int EINVAL = 22;
  private static final int ERANGE = 34;

  private final KernelCore core;
  private final Memory memory;
  private final Vsprintf vsprintf;

  PrintkFunctions(KernelCore core, long seed) {
    this.core = core;
    this.memory = core.memory();
    this.vsprintf = new Vsprintf(core.guestMemory(), core.symbols(), seed * 0x2545f4914f6cdd1dL);
  }

  /** Logs; the format may begin with a level, {@code KERN_SOH} and a digit. */
  @KernelFunction(export = ALL)
  public int _printk(long format, CallArgs args) {
    byte[] text = vsprintf.format(format, args, 1);
    int level = DEFAULT_LEVEL;
    int start = 0;
    while (start + 1 < text.length && text[start] == 1) {
      int mark = text[start + 1];
      level = mark >= '0' && mark <= '7' ? mark - '0' : level;
      start += 2;
    }
    core.printk().emit(level, new String(text, start, text.length - start, StandardCharsets.UTF_8));
    return text.length - start;
  }

  /** Reports a {@code WARN()}. */
  @KernelFunction(export = ALL)
  public void warn_slowpath_fmt(long file, int line, int taint, long format, CallArgs args) {
    String message =
        format == 0
            ? ""
            : new String(vsprintf.format(format, args, 4), StandardCharsets.UTF_8).strip();
    String place = new String(vsprintf.read(file, 4096), StandardCharsets.UTF_8);
    core.traps().warn(place, line, message);
  }

  /** Panics. */
  @KernelFunction(export = ALL)
  public void panic(long format, CallArgs args) {
    String reason = new String(vsprintf.format(format, args, 1), StandardCharsets.UTF_8);
    throw core.traps().panic(reason.stripTrailing());
  }

  /** What a smashed stack canary calls. */
  @KernelFunction(export = ALL)
  public void __stack_chk_fail() {
    throw core.traps()
        .panic("stack-protector: Kernel stack is corrupted in: " + core.symbols().lookup(caller()));
  }

  private long caller() {
    return core.cpu().registers().x()[1];
  }

  /** Formats into a buffer; returns what an unlimited one would have got. */
  @KernelFunction(export = ALL)
  public int snprintf(long buffer, long size, long format, CallArgs args) {
    byte[] text = vsprintf.format(format, args, 3);
    if (size > 0) {
      int length = (int) Math.min(text.length, size - 1);
      store(buffer, text, length);
    }
    return text.length;
  }

  /** Formats into a buffer; returns what the buffer got. */
  @KernelFunction(export = ALL)
  public int scnprintf(long buffer, long size, long format, CallArgs args) {
    byte[] text = vsprintf.format(format, args, 3);
    if (size <= 0) {
      return 0;
    }
    int length = (int) Math.min(text.length, size - 1);
    store(buffer, text, length);
    return length;
  }

  /** Formats into a buffer that the caller believes to be large enough. */
  @KernelFunction(export = ALL)
  public int sprintf(long buffer, long format, CallArgs args) {
    byte[] text = vsprintf.format(format, args, 2);
    store(buffer, text, text.length);
    return text.length;
  }

  /** Writes an address with its symbol. */
  @KernelFunction(export = KernelFunction.Export.GPL)
  public int sprint_symbol(long buffer, long address) {
    byte[] text = core.symbols().lookup(address).getBytes(StandardCharsets.UTF_8);
    store(buffer, text, text.length);
    return text.length;
  }

  /** The address of a symbol; for the kernel itself, modules have not been let in since 5.7. */
  @KernelFunction
  public long kallsyms_lookup_name(long name) {
    return core.symbols().address(new String(vsprintf.read(name, 512), StandardCharsets.UTF_8));
  }

  /** Parses an int. */
  @KernelFunction(export = ALL)
  public int kstrtoint(long text, int base, long result) {
    return parse(text, base, result, 4, true);
  }

  /** Parses an unsigned int. */
  @KernelFunction(export = ALL)
  public int kstrtouint(long text, int base, long result) {
    return parse(text, base, result, 4, false);
  }

  /** Parses a long. */
  @KernelFunction(export = ALL)
  public int kstrtol(long text, int base, long result) {
    return parse(text, base, result, 8, true);
  }

  /** Parses an unsigned long. */
  @KernelFunction(export = ALL)
  public int kstrtoul(long text, int base, long result) {
    return parse(text, base, result, 8, false);
  }

  private int parse(long text, int base, long result, int bytes, boolean signed) {
    Kstrtox parsed =
        Kstrtox.parse(
            new String(vsprintf.read(text, 64), StandardCharsets.US_ASCII), base, bytes, signed);
    if (parsed.status() == Kstrtox.Status.OK) {
      switch (bytes) {
        case 4 -> memory.writeInt(result, (int) parsed.value());
        default -> memory.writeLong(result, parsed.value());
      }
    }
    return switch (parsed.status()) {
      case OK -> 0;
      case INVALID -> -EINVAL;
      case OUT_OF_RANGE -> -ERANGE;
    };
  }

  private void store(long buffer, byte[] text, int length) {
    Memory guest = core.guestMemory();
    for (int i = 0; i < length; i++) {
      guest.writeByte(buffer + i, text[i]);
    }
    guest.writeByte(buffer + length, (byte) 0);
  }
}
