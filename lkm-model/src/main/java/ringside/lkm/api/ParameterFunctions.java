package ringside.lkm.api;

import static ringside.kernel.text.KernelFunction.Export.ALL;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import ringside.kernel.core.KernelCore;
import ringside.kernel.layout.StructLayout;
import ringside.kernel.lib.Kstrtox;
import ringside.kernel.mm.Gfp;
import ringside.kernel.mm.Memory;
import ringside.kernel.printk.Printk;
import ringside.kernel.text.CallArgs;
import ringside.kernel.text.KernelCall;
import ringside.lkm.loader.KernelText;

/**
 * The setters and getters of {@code kernel/params.c}, and the {@code param_ops_*} tables that point
 * to them.
 */
public final class ParameterFunctions {
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int ENOMEM = 12;
  private static final int ERANGE = 34;
  private static final int MAX_CHARP = 1024;
  private static final int FL_NOARG = 1;

  private final KernelCore core;
  private final Memory memory;
  private final StructLayout param;
  private final StructLayout ops;
  private final StructLayout array;
  private final StructLayout string;

  private enum Scalar {
    BYTE("byte", 1, false),
    SHORT("short", 2, true),
    USHORT("ushort", 2, false),
    INT("int", 4, true),
    UINT("uint", 4, false),
    LONG("long", 8, true),
    ULONG("ulong", 8, false),
    ULLONG("ullong", 8, false);

    private final String word;
    private final int bytes;
    private final boolean signed;

    Scalar(String word, int bytes, boolean signed) {
      this.word = word;
      this.bytes = bytes;
      this.signed = signed;
    }
  }

  /** Makes the functions of a kernel. */
  public ParameterFunctions(KernelCore core) {
    this.core = core;
    this.memory = core.memory();
    this.param = core.layouts().of("kernel_param");
    this.ops = core.layouts().of("kernel_param_ops");
    this.array = core.layouts().of("kparam_array");
    this.string = core.layouts().of("kparam_string");
  }

  /** Defines all functions and tables in the kernel's symbols. */
  public void define() {
    for (Scalar number : Scalar.values()) {
      table(
          number.word,
          0,
          args -> set(number, args.get(0), argument(args.get(1))),
          args -> put(args.get(0), get(number, argument(args.get(1)))));
    }
    table(
        "bool",
        FL_NOARG,
        args -> setBool(args.get(0), argument(args.get(1)), false),
        args -> put(args.get(0), memory.readByte(argument(args.get(1))) != 0 ? "Y" : "N"));
    table(
        "invbool",
        0,
        args -> setBool(args.get(0), argument(args.get(1)), true),
        args -> put(args.get(0), memory.readByte(argument(args.get(1))) != 0 ? "N" : "Y"));
    table("charp", 0, this::setCharp, this::getCharp);
    table("string", 0, this::setString, this::getString);
    long set = core.symbols().define("param_array_set", ALL, this::setArray);
    long get = core.symbols().define("param_array_get", ALL, this::getArray);
    fill("param_array_ops", 0, set, get);
  }

  private void table(String type, int flags, KernelCall set, KernelCall get) {
    String setter = type.equals("string") ? "param_set_copystring" : "param_set_" + type;
    fill(
        "param_ops_" + type,
        flags,
        core.symbols().define(setter, ALL, set),
        core.symbols().define("param_get_" + type, ALL, get));
  }

  private void fill(String name, int flags, long set, long get) {
    long table = core.symbols().defineData(name, ops.size(), ALL);
    memory.writeInt(table + ops.offset("flags"), flags);
    memory.writeLong(table + ops.offset("set"), set);
    memory.writeLong(table + ops.offset("get"), get);
  }

  private long argument(long kp) {
    return memory.readLong(kp + param.offset("arg"));
  }

  private String name(long kp) {
    return KernelText.read(memory, memory.readLong(kp + param.offset("name")));
  }

  private long put(long buffer, String text) {
    byte[] bytes = KernelText.bytes(text + "\n");
    memory.write(buffer, bytes, 0, bytes.length);
    return bytes.length - 1L;
  }

  private long set(Scalar number, long text, long to) {
    Kstrtox parsed = Kstrtox.parse(KernelText.read(memory, text), 0, number.bytes, number.signed);
    switch (parsed.status()) {
      case INVALID -> {
        return -EINVAL;
      }
      case OUT_OF_RANGE -> {
        return -ERANGE;
      }
      case OK -> {
        switch (number.bytes) {
          case 1 -> memory.writeByte(to, (byte) parsed.value());
          case 2 -> memory.writeShort(to, (short) parsed.value());
          case 4 -> memory.writeInt(to, (int) parsed.value());
          default -> memory.writeLong(to, parsed.value());
        }
      }
    }
    return 0;
  }

  private String get(Scalar number, long from) {
    return switch (number.bytes) {
      case 1 -> Integer.toString(memory.readByte(from) & 0xff);
      case 2 ->
          Integer.toString(
              number.signed ? memory.readShort(from) : memory.readShort(from) & 0xffff);
      case 4 ->
          number.signed
              ? Integer.toString(memory.readInt(from))
              : Integer.toUnsignedString(memory.readInt(from));
      default ->
          number.signed
              ? Long.toString(memory.readLong(from))
              : Long.toUnsignedString(memory.readLong(from));
    };
  }

  /** {@code kstrtobool}; no text at all means yes. */
  private long setBool(long text, long to, boolean inverted) {
    String word = text == 0 ? "1" : KernelText.read(memory, text).toLowerCase(Locale.ROOT);
    boolean value;
    if (word.startsWith("y")
        || word.startsWith("t")
        || word.startsWith("1")
        || word.startsWith("on")) {
      value = true;
    } else if (word.startsWith("n")
        || word.startsWith("f")
        || word.startsWith("0")
        || word.startsWith("of")) {
      value = false;
    } else {
      return -EINVAL;
    }
    memory.writeByte(to, (byte) (value ^ inverted ? 1 : 0));
    return 0;
  }

  private long setCharp(CallArgs args) {
    String text = KernelText.read(memory, args.get(0));
    long kp = args.get(1);
    if (text.getBytes(StandardCharsets.UTF_8).length > MAX_CHARP) {
      core.printk().emit(Printk.ERR, name(kp) + ": string parameter too long");
      return -ENOSPC;
    }
    byte[] bytes = KernelText.bytes(text);
    long copy = core.slab().kmalloc(bytes.length, Gfp.KERNEL);
    if (copy == 0) {
      return -ENOMEM;
    }
    memory.write(copy, bytes, 0, bytes.length);
    memory.writeLong(argument(kp), copy);
    return 0;
  }

  private long getCharp(CallArgs args) {
    return put(args.get(0), KernelText.read(memory, memory.readLong(argument(args.get(1)))));
  }

  private long setString(CallArgs args) {
    long kp = args.get(1);
    long kps = argument(kp);
    byte[] bytes = KernelText.bytes(KernelText.read(memory, args.get(0)));
    int limit = memory.readInt(kps + string.offset("maxlen"));
    if (bytes.length > limit) {
      core.printk()
          .emit(Printk.ERR, "%s: string doesn't fit in %d chars.".formatted(name(kp), limit - 1));
      return -ENOSPC;
    }
    memory.write(memory.readLong(kps + string.offset("string")), bytes, 0, bytes.length);
    return 0;
  }

  private long getString(CallArgs args) {
    long text = memory.readLong(argument(args.get(1)) + string.offset("string"));
    return put(args.get(0), KernelText.read(memory, text));
  }

  private long setArray(CallArgs args) {
    String text = KernelText.read(memory, args.get(0));
    long kp = args.get(1);
    long arr = argument(kp);
    int max = memory.readInt(arr + array.offset("max"));
    int size = memory.readInt(arr + array.offset("elemsize"));
    long element = memory.readLong(arr + array.offset("elem"));
    long table = memory.readLong(arr + array.offset("ops"));
    long setter = memory.readLong(table + ops.offset("set"));
    // The element's setter finds its target in a kernel_param; it gets one of its own.
    long copy = core.slab().kmalloc(param.size(), Gfp.KERNEL);
    byte[] original = new byte[param.size()];
    memory.read(kp, original, 0, original.length);
    memory.write(copy, original, 0, original.length);
    int count = 0;
    int result = 0;
    for (String value : text.split(",", -1)) {
      if (count == max) {
        core.printk().emit(Printk.ERR, "%s: can only take %d arguments".formatted(name(kp), max));
        result = -EINVAL;
        break;
      }
      byte[] bytes = KernelText.bytes(value);
      long item = core.slab().kmalloc(bytes.length, Gfp.KERNEL);
      memory.write(item, bytes, 0, bytes.length);
      memory.writeLong(copy + param.offset("arg"), element + (long) count * size);
      result = (int) core.callFunction(setter, item, copy);
      core.slab().kfree(item);
      if (result != 0) {
        break;
      }
      count++;
    }
    core.slab().kfree(copy);
    long number = memory.readLong(arr + array.offset("num"));
    if (number != 0) {
      memory.writeInt(number, count);
    }
    return result;
  }

  private long getArray(CallArgs args) {
    long arr = argument(args.get(1));
    long number = memory.readLong(arr + array.offset("num"));
    int count = memory.readInt(number != 0 ? number : arr + array.offset("max"));
    int size = memory.readInt(arr + array.offset("elemsize"));
    long element = memory.readLong(arr + array.offset("elem"));
    long getter = memory.readLong(memory.readLong(arr + array.offset("ops")) + ops.offset("get"));
    long copy = core.slab().kmalloc(param.size() + 4096L, Gfp.KERNEL);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      memory.writeLong(copy + param.offset("arg"), element + (long) i * size);
      core.callFunction(getter, copy + param.size(), copy);
      text.append(i == 0 ? "" : ",")
          .append(KernelText.read(memory, copy + param.size()).stripTrailing());
    }
    core.slab().kfree(copy);
    return put(args.get(0), text.toString());
  }
}
