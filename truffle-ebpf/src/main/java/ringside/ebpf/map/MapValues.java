package ringside.ebpf.map;

import com.oracle.truffle.api.CompilerDirectives.CompilationFinal;
import com.oracle.truffle.api.CompilerDirectives.TruffleBoundary;
import com.oracle.truffle.api.nodes.ExplodeLoop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies values of one map, around their special fields ({@code bpf_obj_memcpy} and kin).
 *
 * <p>Without special fields a copy is a plain one; with them it goes in pieces, which are
 * compilation constants.
 */
final class MapValues {
  private final MapMemory storage;
  private final BpfObjects objects;
  private final @Nullable BtfRecord record;
  private final int size;

  /** Offset and length of each piece between special fields. */
  @CompilationFinal(dimensions = 1)
  private final int[] pieces;

  MapValues(MapMemory storage, MapRuntime runtime, MapDescriptor descriptor) {
    this.storage = storage;
    this.objects = runtime.objects();
    this.record = descriptor.record();
    this.size = descriptor.valueSize();
    this.pieces = pieces(record, size);
  }

  private static int[] pieces(@Nullable BtfRecord record, int size) {
    List<Integer> pieces = new ArrayList<>();
    int at = 0;
    for (BtfField field : record == null ? List.<BtfField>of() : record.fields()) {
      pieces.add(at);
      pieces.add(field.offset() - at);
      at = field.end();
    }
    pieces.add(at);
    pieces.add(size - at);
    return pieces.stream().mapToInt(Integer::intValue).toArray();
  }

  /** {@code copy_map_value}: all but special fields. */
  @ExplodeLoop
  void copy(long to, long from) {
    for (int i = 0; i < pieces.length; i += 2) {
      storage.copy(to + pieces[i], from + pieces[i], pieces[i + 1]);
    }
  }

  /** {@code copy_map_value_long}: the same of a per-CPU value, with what pads it. */
  @TruffleBoundary
  void copyLong(long to, long from) {
    copy(to, from);
    int padded = MapMemory.perCpuSize(size);
    storage.copy(to + size, from + size, padded - size);
  }

  /** {@code check_and_init_map_value}: zeroes the special fields of a copy. */
  void initFields(long at) {
    if (record != null) {
      zeroFields(record, at);
    }
  }

  @TruffleBoundary
  private void zeroFields(BtfRecord fields, long at) {
    for (BtfField field : fields.fields()) {
      storage.memory().fill(at + field.offset(), (byte) 0, field.size());
    }
  }

  /** {@code zero_map_value}: all but special fields. */
  @TruffleBoundary
  void zero(long at) {
    for (int i = 0; i < pieces.length; i += 2) {
      storage.memory().fill(at + pieces[i], (byte) 0, pieces[i + 1]);
    }
  }

  /** {@code bpf_obj_free_fields}: drops what the value owns. */
  void free(long at) {
    if (record != null) {
      objects.freeFields(record, at);
    }
  }

  /** Stops timers and work of a value, as when user space drops the map's last descriptor. */
  void cancel(long at) {
    if (record != null) {
      objects.cancel(record, at);
    }
  }

  /** Whether values have timers or work. */
  boolean hasCallbacks() {
    return record != null
        && (record.has(BtfFieldType.BPF_TIMER)
            || record.has(BtfFieldType.BPF_WORKQUEUE)
            || record.has(BtfFieldType.BPF_TASK_WORK));
  }

  boolean hasFields() {
    return record != null;
  }

  /** Whether {@code BPF_F_LOCK} makes sense. */
  boolean hasLock() {
    return record != null && record.has(BtfFieldType.BPF_SPIN_LOCK);
  }
}
