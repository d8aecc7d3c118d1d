package ringside.kernel.text;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * kallsyms, the export table and what stands behind each address of kernel text.
 *
 * <p>Functions get their addresses in the order of registration, which is the same in every run.
 */
public final class KernelSymbols {
  /** Bytes of text that each kernel function takes. */
  public static final int FUNCTION_SIZE = 0x80;

  private static final ClassValue<List<Declared>> DECLARED =
      new ClassValue<>() {
        @Override
        protected List<Declared> computeValue(Class<?> type) {
          return Arrays.stream(type.getMethods())
              .filter(m -> m.isAnnotationPresent(KernelFunction.class))
              .sorted(Comparator.comparing(Method::getName))
              .map(Declared::of)
              .toList();
        }
      };

  private final KernelImage image;
  private final Map<String, Symbol> byName = new HashMap<>();
  private final TreeMap<Long, Symbol> byAddress = new TreeMap<>(Long::compareUnsigned);
  private final Map<Long, KernelCall> calls = new HashMap<>();
  private long nextText = KernelImage.TEXT;

  /** Makes an empty table whose functions and variables are placed in {@code image}. */
  public KernelSymbols(KernelImage image) {
    this.image = image;
  }

  /**
   * One symbol.
   *
   * @param size bytes
   * @param type the letter of {@code nm}: T, t, D, d, R, r, B, b
   * @param module the module it belongs to, or null for the kernel's own
   */
  public record Symbol(
      String name,
      long address,
      long size,
      char type,
      @Nullable String module,
      KernelFunction.Export export) {}

  /** Gives every {@link KernelFunction} of an object an address in kernel text. */
  @TruffleBoundary
  public void register(Object functions) {
    for (Declared declared : DECLARED.get(functions.getClass())) {
      define(declared.name(), declared.export(), declared.on(functions));
    }
  }

  /** Gives one function an address in kernel text, and returns it. */
  @TruffleBoundary
  public long define(String name, KernelFunction.Export export, KernelCall call) {
    if (byName.containsKey(name)) {
      throw new IllegalStateException("kernel symbol " + name + " is defined twice");
    }
    long address = nextText;
    nextText += FUNCTION_SIZE;
    if (nextText > KernelImage.RODATA) {
      throw new IllegalStateException("kernel text is full");
    }
    add(new Symbol(name, address, FUNCTION_SIZE, 'T', null, export));
    calls.put(address, call);
    return address;
  }

  /** Places a zeroed variable in kernel data, and returns its address. */
  @TruffleBoundary
  public long defineData(String name, long bytes, KernelFunction.Export export) {
    long address = image.reserveData(bytes);
    add(new Symbol(name, address, bytes, 'D', null, export));
    return address;
  }

  /** Places a constant in read-only data, writable until boot has ended; returns its address. */
  @TruffleBoundary
  public long defineRodata(String name, long bytes, KernelFunction.Export export) {
    long address = image.reserveRodata(bytes);
    add(new Symbol(name, address, bytes, 'R', null, export));
    return address;
  }

  /** Adds a symbol, of a module for instance. */
  @TruffleBoundary
  public void add(Symbol symbol) {
    byName.putIfAbsent(symbol.name(), symbol);
    byAddress.put(symbol.address(), symbol);
  }

  /** Removes one symbol, whose memory is gone. */
  @TruffleBoundary
  public void remove(Symbol symbol) {
    byName.remove(symbol.name(), symbol);
    byAddress.remove(symbol.address(), symbol);
  }

  /** Removes all symbols of a module. */
  @TruffleBoundary
  public void removeModule(String module) {
    byName.values().removeIf(s -> module.equals(s.module()));
    byAddress.values().removeIf(s -> module.equals(s.module()));
  }

  /** The address of a symbol, or 0 ({@code kallsyms_lookup_name}). */
  @TruffleBoundary
  public long address(String name) {
    Symbol symbol = byName.get(name);
    return symbol == null ? 0 : symbol.address();
  }

  /** The symbol of that name, or null. */
  @TruffleBoundary
  public @Nullable Symbol symbol(String name) {
    return byName.get(name);
  }

  /** The symbol of that name that modules may link against, or null. */
  @TruffleBoundary
  public @Nullable Symbol exported(String name) {
    Symbol symbol = byName.get(name);
    return symbol == null || symbol.export() == KernelFunction.Export.NONE ? null : symbol;
  }

  /** The symbol whose range holds {@code address}, or null. */
  @TruffleBoundary
  public @Nullable Symbol at(long address) {
    Map.Entry<Long, Symbol> entry = byAddress.floorEntry(address);
    if (entry == null) {
      return null;
    }
    Symbol symbol = entry.getValue();
    return address - symbol.address() < Math.max(1, symbol.size()) ? symbol : null;
  }

  /** Whether an address lies in a function ({@code __kernel_text_address}). */
  @TruffleBoundary
  public boolean isText(long address) {
    Symbol symbol = at(address);
    return symbol != null && (symbol.type() == 'T' || symbol.type() == 't');
  }

  /** The function whose first instruction is at {@code address}, or null. */
  @TruffleBoundary
  public @Nullable KernelCall callAt(long address) {
    return calls.get(address);
  }

  /** An address as an oops prints it: {@code sym+0x10/0x40 [mod]}, or {@code 0x…}. */
  @TruffleBoundary
  public String lookup(long address) {
    Symbol symbol = at(address);
    if (symbol == null) {
      return "0x" + Long.toHexString(address);
    }
    String text =
        "%s+0x%x/0x%x".formatted(symbol.name(), address - symbol.address(), symbol.size());
    return symbol.module() == null ? text : text + " [" + symbol.module() + "]";
  }

  /** All symbols in address order. */
  @TruffleBoundary
  public List<Symbol> all() {
    return new ArrayList<>(byAddress.values());
  }

  /** {@code /proc/kallsyms} as root reads it. */
  @TruffleBoundary
  public String kallsyms() {
    StringBuilder out = new StringBuilder();
    for (Symbol s : byAddress.values()) {
      out.append("%016x %c %s".formatted(s.address(), s.type(), s.name()));
      if (s.module() != null) {
        out.append("\t[").append(s.module()).append(']');
      }
      out.append('\n');
    }
    return out.toString();
  }

  /**
   * A method that is a kernel function, found once a class, since boot goes over all of them.
   *
   * @param handle takes the object and the {@link CallArgs}, returns a long
   */
  private record Declared(String name, KernelFunction.Export export, MethodHandle handle) {
    private static final MethodHandle ARGUMENT = argument();

    static Declared of(Method method) {
      KernelFunction declared = method.getAnnotation(KernelFunction.class);
      String name = declared.name().isEmpty() ? method.getName() : declared.name();
      return new Declared(name, declared.export(), adapt(method));
    }

    KernelCall on(Object target) {
      return args -> invoke(handle, target, args);
    }

    /** Each parameter takes its register, cut to its width; one of {@link CallArgs} takes all. */
    private static MethodHandle adapt(Method method) {
      MethodHandle function;
      try {
        function = MethodHandles.publicLookup().unreflect(method);
      } catch (IllegalAccessException e) {
        throw new IllegalStateException("kernel function " + method + " is not public", e);
      }
      MethodType type = function.type();
      boolean unit = type.returnType() == void.class;
      int[] order = new int[type.parameterCount()];
      for (int i = 1; i < type.parameterCount(); i++) {
        order[i] = 1;
        if (type.parameterType(i) != CallArgs.class) {
          MethodHandle register = MethodHandles.insertArguments(ARGUMENT, 1, i - 1);
          function =
              MethodHandles.filterArguments(
                  function,
                  i,
                  MethodHandles.explicitCastArguments(
                      register, MethodType.methodType(type.parameterType(i), CallArgs.class)));
        }
      }
      function =
          MethodHandles.explicitCastArguments(
              function,
              function
                  .type()
                  .changeReturnType(unit ? void.class : long.class)
                  .changeParameterType(0, Object.class));
      if (unit) {
        function = MethodHandles.filterReturnValue(function, MethodHandles.zero(long.class));
      }
      return MethodHandles.permuteArguments(
          function, MethodType.methodType(long.class, Object.class, CallArgs.class), order);
    }

    private static MethodHandle argument() {
      try {
        return MethodHandles.publicLookup()
            .findVirtual(CallArgs.class, "get", MethodType.methodType(long.class, int.class));
      } catch (ReflectiveOperationException e) {
        throw new ExceptionInInitializerError(e);
      }
    }

    @TruffleBoundary
    private static long invoke(MethodHandle handle, Object target, CallArgs args) {
      try {
        return (long) handle.invokeExact(target, args);
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("a kernel function threw a checked exception", e);
      }
    }
  }
}
