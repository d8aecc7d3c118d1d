package ringside.kernel.text;

import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import java.lang.reflect.InvocationTargetException;
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

  private static final ClassValue<List<Method>> METHODS =
      new ClassValue<>() {
        @Override
        protected List<Method> computeValue(Class<?> type) {
          return Arrays.stream(type.getMethods())
              .filter(m -> m.isAnnotationPresent(KernelFunction.class))
              .sorted(Comparator.comparing(Method::getName))
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
    for (Method method : METHODS.get(functions.getClass())) {
      KernelFunction declared = method.getAnnotation(KernelFunction.class);
      String name = declared.name().isEmpty() ? method.getName() : declared.name();
      define(name, declared.export(), adapt(functions, method));
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

  private static KernelCall adapt(Object target, Method method) {
    Class<?>[] types = method.getParameterTypes();
    return args -> {
      Object[] values = new Object[types.length];
      for (int i = 0; i < types.length; i++) {
        if (types[i] == CallArgs.class) {
          values[i] = args;
        } else if (types[i] == int.class) {
          values[i] = (int) args.get(i);
        } else {
          values[i] = args.get(i);
        }
      }
      return invoke(target, method, values);
    };
  }

  @TruffleBoundary
  private static long invoke(Object target, Method method, Object[] values) {
    try {
      return method.invoke(target, values) instanceof Number n ? n.longValue() : 0;
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (e.getCause() instanceof Error cause) {
        throw cause;
      }
      throw new IllegalStateException(method + " threw a checked exception", e.getCause());
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("kernel function " + method + " is not public", e);
    }
  }
}
