package ringside.reports.json;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Records to JSON objects and back: components in their order, absent only where {@code @Nullable}.
 *
 * <p>Gson's own adapter leaves a missing component null and skips an unknown field; a results file
 * with either was not written by this version and is better refused.
 */
final class RecordFactory implements TypeAdapterFactory {
  @Override
  public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
    if (type.getRawType().isEnum()) {
      return new EnumAdapter<>(type);
    }
    return type.getRawType().isRecord() ? new RecordAdapter<>(gson, type) : null;
  }

  private static final class RecordAdapter<T> extends TypeAdapter<T> {
    private final Class<?> type;
    private final Constructor<?> constructor;
    private final RecordComponent[] components;
    private final List<TypeAdapter<Object>> adapters = new ArrayList<>();

    RecordAdapter(Gson gson, TypeToken<T> token) {
      type = token.getRawType();
      components = type.getRecordComponents();
      try {
        constructor =
            type.getDeclaredConstructor(
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      } catch (NoSuchMethodException e) {
        throw new IllegalStateException(e);
      }
      for (RecordComponent component : components) {
        @SuppressWarnings("unchecked") // the component's own type selects the adapter
        TypeAdapter<Object> adapter =
            (TypeAdapter<Object>) gson.getAdapter(TypeToken.get(component.getGenericType()));
        adapters.add(adapter);
      }
    }

    @Override
    public void write(JsonWriter out, T value) throws IOException {
      out.beginObject();
      for (int i = 0; i < components.length; i++) {
        Object component;
        try {
          component = components[i].getAccessor().invoke(value);
        } catch (IllegalAccessException | InvocationTargetException e) {
          throw new IllegalStateException(e);
        }
        if (component != null) {
          out.name(components[i].getName());
          adapters.get(i).write(out, component);
        }
      }
      out.endObject();
    }

    @Override
    public T read(JsonReader in) throws IOException {
      String path = in.getPath();
      if (in.peek() != JsonToken.BEGIN_OBJECT) {
        throw new JsonParseException(
            path + ": expected an object, found " + in.peek().name().replace('_', ' '));
      }
      in.beginObject();
      @Nullable Object[] values = new Object[components.length];
      while (in.hasNext()) {
        String name = in.nextName();
        int index = index(name);
        if (index < 0) {
          throw new JsonParseException(in.getPath() + ": unknown field");
        }
        if (values[index] != null) {
          throw new JsonParseException(in.getPath() + ": field given twice");
        }
        String valuePath = in.getPath();
        if (in.peek() == JsonToken.NULL) {
          throw new JsonParseException(valuePath + ": null; leave the field out instead");
        }
        values[index] = component(in, index, valuePath);
      }
      in.endObject();
      for (int i = 0; i < components.length; i++) {
        if (values[i] == null
            && !components[i].getAnnotatedType().isAnnotationPresent(Nullable.class)) {
          throw new JsonParseException(
              path + ": field \"" + components[i].getName() + "\" is missing");
        }
      }
      try {
        @SuppressWarnings("unchecked") // the constructor of T
        T made = (T) constructor.newInstance(values);
        return made;
      } catch (InvocationTargetException e) {
        Throwable cause = e.getCause();
        throw new JsonParseException(path + ": " + (cause == null ? e : cause).getMessage(), e);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }

    private Object component(JsonReader in, int index, String path) throws IOException {
      try {
        return adapters.get(index).read(in);
      } catch (IllegalStateException | NumberFormatException e) {
        throw new JsonParseException(
            path
                + ": not a value of type "
                + components[index].getType().getSimpleName().toLowerCase(java.util.Locale.ROOT),
            e);
      }
    }

    private int index(String name) {
      for (int i = 0; i < components.length; i++) {
        if (components[i].getName().equals(name)) {
          return i;
        }
      }
      return -1;
    }
  }

  /** Enum constants by name; Gson's own adapter makes null of a name that it does not know. */
  private static final class EnumAdapter<T> extends TypeAdapter<T> {
    private final Map<String, T> constants;

    EnumAdapter(TypeToken<T> token) {
      @SuppressWarnings("unchecked") // raw type of T
      T[] values = (T[]) token.getRawType().getEnumConstants();
      constants =
          Arrays.stream(values).collect(Collectors.toMap(v -> ((Enum<?>) v).name(), v -> v));
    }

    @Override
    public void write(JsonWriter out, T value) throws IOException {
      out.value(((Enum<?>) value).name());
    }

    @Override
    public T read(JsonReader in) throws IOException {
      String path = in.getPath();
      String name = in.nextString();
      T value = constants.get(name);
      if (value == null) {
        throw new JsonParseException(path + ": unknown value \"" + name + "\"");
      }
      return value;
    }
  }
}
