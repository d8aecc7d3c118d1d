package ringside.experiments.build;

/**
 * A compiled object.
 *
 * @param file its name, e.g. {@code packet_filter.ko}
 * @param bytes its content; not copied, not to be written
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record BuiltObject(String file, byte[] bytes) {}
