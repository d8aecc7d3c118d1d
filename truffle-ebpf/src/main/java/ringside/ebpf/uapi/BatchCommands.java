package ringside.ebpf.uapi;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.HashMap;
import ringside.ebpf.map.UserMap;
import ringside.kernel.core.Errno;
import ringside.kernel.fs.FsException;

/** The commands on many elements of a map; what is done is told by {@code count}. */
final class BatchCommands {
  /** More than fits into memory is only done as far as there is memory to read. */
  private static final int CHUNK = 4096;

  private final Context context;
  private final BpfMap.Descriptors stored;

  BatchCommands(Context context) {
    this.context = context;
    this.stored = ElementCommands.stored(context.descriptors());
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.MAP_LOOKUP_BATCH, attr -> lookup(attr, false));
    table.put(Command.MAP_LOOKUP_AND_DELETE_BATCH, attr -> lookup(attr, true));
    table.put(Command.MAP_UPDATE_BATCH, attr -> each(attr, true));
    table.put(Command.MAP_DELETE_BATCH, attr -> each(attr, false));
  }

  private BpfMap map(BpfAttr.Arguments args, boolean read, boolean write) {
    return context.descriptors().map(args.u32("map_fd"), read, write, context.caller());
  }

  private long lookup(BpfAttr attr, boolean delete) {
    BpfAttr.Arguments args = attr.arguments("batch", "flags");
    BpfMap map = map(args, true, delete);
    int count = args.u32("count");
    byte[] cursor = null;
    if (args.u64("in_batch") != 0 && count != 0) {
      int size = map instanceof HashMap ? Integer.BYTES : map.descriptor().keySize();
      cursor = context.user().read(args.u64("in_batch"), size);
    }
    int room = count < 0 ? Integer.MAX_VALUE : count;
    UserMap.Batch done =
        new UserMap(map, stored)
            .lookupBatch(cursor, room, args.u64("elem_flags"), args.u64("flags"), delete);
    boolean worked = done.errno() == 0 || done.errno() == Errno.ENOENT;
    if (!worked && done.errno() != Errno.ENOSPC) {
      return -done.errno();
    }
    if (count == 0) {
      return 0;
    }
    args.put("count", 0);
    write(args.u64("keys"), done.keys());
    write(args.u64("values"), done.values());
    if (done.cursor().length != 0) {
      context.user().write(args.u64("out_batch"), done.cursor());
    }
    args.put("count", done.count());
    return -done.errno();
  }

  private void write(long at, List<byte[]> all) {
    long next = at;
    for (byte[] each : all) {
      context.user().write(next, each);
      next += each.length;
    }
  }

  private long each(BpfAttr attr, boolean store) {
    BpfAttr.Arguments args = attr.arguments("batch", "flags");
    BpfMap map = map(args, false, true);
    UserMap user = new UserMap(map, stored);
    long count = Integer.toUnsignedLong(args.u32("count"));
    // Nothing to do still tells whether it could be done.
    UserMap.Batch none = run(user, store, List.of(), List.of(), args.u64("elem_flags"));
    if (none.errno() != 0 || count == 0) {
      return -none.errno();
    }
    args.put("count", 0);
    long done = 0;
    int errno = 0;
    while (done < count && errno == 0) {
      List<byte[]> keys = new ArrayList<>();
      List<byte[]> values = new ArrayList<>();
      int fault = read(args, user, store, done, Math.min(CHUNK, count - done), keys, values);
      UserMap.Batch batch = run(user, store, keys, values, args.u64("elem_flags"));
      done += batch.count();
      errno = batch.errno() != 0 ? batch.errno() : fault;
    }
    args.put("count", (int) done);
    return -errno;
  }

  private static UserMap.Batch run(
      UserMap user, boolean store, List<byte[]> keys, List<byte[]> values, long flags) {
    return store ? user.updateBatch(keys, values, flags) : user.deleteBatch(keys, flags);
  }

  /** Reads a chunk; 0, or the errno of the first element that cannot be read. */
  private int read(
      BpfAttr.Arguments args,
      UserMap user,
      boolean store,
      long from,
      long count,
      List<byte[]> keys,
      List<byte[]> values) {
    try {
      for (long i = from; i < from + count; i++) {
        byte[] key = context.user().read(args.u64("keys") + i * user.keySize(), user.keySize());
        if (store) {
          long at = args.u64("values") + i * user.valueSize();
          values.add(context.user().read(at, user.valueSize()));
        }
        keys.add(key);
      }
      return 0;
    } catch (FsException fault) {
      return fault.errno();
    }
  }
}
