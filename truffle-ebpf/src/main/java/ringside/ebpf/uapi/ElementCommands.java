package ringside.ebpf.uapi;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import ringside.ebpf.map.BpfMap;
import ringside.ebpf.map.MapProgram;
import ringside.ebpf.map.MapType;
import ringside.ebpf.map.UserMap;
import ringside.ebpf.syscall.LoadedProgram;
import ringside.kernel.core.Errno;

/** The commands on one element of a map. */
final class ElementCommands {
  private final Context context;
  private final BpfMap.Descriptors stored;

  ElementCommands(Context context) {
    this.context = context;
    this.stored = stored(context.descriptors());
  }

  void addTo(Map<Command, Handler> table) {
    table.put(Command.MAP_LOOKUP_ELEM, this::lookup);
    table.put(Command.MAP_UPDATE_ELEM, this::update);
    table.put(Command.MAP_DELETE_ELEM, this::delete);
    table.put(Command.MAP_GET_NEXT_KEY, this::nextKey);
    table.put(Command.MAP_LOOKUP_AND_DELETE_ELEM, this::lookupAndDelete);
  }

  /** What descriptors in a map's values stand for. */
  static BpfMap.Descriptors stored(Descriptors all) {
    return new BpfMap.Descriptors() {
      @Override
      public @Nullable BpfMap map(int fd) {
        return all.peek(fd) instanceof BpfMap map ? map : null;
      }

      @Override
      public @Nullable MapProgram program(int fd) {
        return all.peek(fd) instanceof LoadedProgram program
            ? new MapProgram(
                program.id(), program.type(), program.attachType(), program.target(), program)
            : null;
      }
    };
  }

  private long lookup(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("key", "flags");
    if ((args.u64("flags") & ~Flags.LOCK) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    BpfMap map = map(args, true, false);
    byte[] key = key(map, args.u64("key"));
    byte[] asked =
        map.descriptor().type() == MapType.BLOOM_FILTER
            ? context.user().read(args.u64("value"), map.userValueSize())
            : null;
    return answer(
        new UserMap(map, stored).lookup(key, asked, args.u64("flags")), args.u64("value"));
  }

  private long update(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("key", "flags");
    BpfMap map = map(args, false, true);
    byte[] key = key(map, args.u64("key"));
    byte[] value = context.user().read(args.u64("value"), map.userValueSize());
    return -new UserMap(map, stored).update(key, value, args.u64("flags"));
  }

  private long delete(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("key", "key");
    BpfMap map = map(args, false, true);
    return -new UserMap(map, stored).delete(key(map, args.u64("key")));
  }

  private long nextKey(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("key", "next_key");
    BpfMap map = map(args, true, false);
    byte[] key = args.u64("key") == 0 ? null : key(map, args.u64("key"));
    return answer(new UserMap(map, stored).nextKey(key), args.u64("next_key"));
  }

  private long lookupAndDelete(BpfAttr attr) {
    BpfAttr.Arguments args = attr.arguments("key", "flags");
    if ((args.u64("flags") & ~Flags.LOCK) != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    BpfMap map = map(args, true, true);
    byte[] key = key(map, args.u64("key"));
    return answer(
        new UserMap(map, stored).lookupAndDelete(key, args.u64("flags")), args.u64("value"));
  }

  private long answer(UserMap.Answer answer, long at) {
    if (answer.errno() == 0) {
      context.user().write(at, answer.bytes());
    }
    return -answer.errno();
  }

  /** {@code __bpf_copy_key}: maps without keys want none. */
  private byte @Nullable [] key(BpfMap map, long address) {
    int size = map.descriptor().keySize();
    if (size != 0) {
      return context.user().read(address, size);
    }
    if (address != 0) {
      throw new SyscallError(Errno.EINVAL);
    }
    return null;
  }

  private BpfMap map(BpfAttr.Arguments args, boolean read, boolean write) {
    return context.descriptors().map(args.u32("map_fd"), read, write, context.caller());
  }
}
