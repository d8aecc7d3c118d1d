package ringside.ebpf.core;

import ringside.format.btf.Btf;
import ringside.format.btf.BtfType;

/** Sizes of types, of those that have one: {@code btf__resolve_size}. */
final class TypeSize {
  private static final int DEEPEST = 32;
  private static final long LARGEST = 0xffffffffL;

  private TypeSize() {}

  /** Bytes, or -1 for a type without a size or larger than 4 GiB. */
  static long of(Btf btf, int id) {
    long elements = 1;
    int at = id;
    for (int depth = 0; depth < DEEPEST; depth++) {
      at = btf.strip(at);
      long size;
      switch (btf.type(at)) {
        case BtfType.Array array -> {
          elements *= array.count();
          if (elements > LARGEST) {
            return -1;
          }
          at = array.element();
          continue;
        }
        case BtfType.Var variable -> {
          at = variable.type();
          continue;
        }
        case BtfType.Int i -> size = i.size();
        case BtfType.Ptr _ -> size = 8;
        case BtfType.Composite c -> size = c.size();
        case BtfType.Enum32 e -> size = e.size();
        case BtfType.Enum64 e -> size = e.size();
        case BtfType.FloatType f -> size = f.size();
        case BtfType.Datasec d -> size = d.size();
        default -> {
          return -1;
        }
      }
      return size * elements > LARGEST ? -1 : size * elements;
    }
    return -1;
  }
}
