package bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** The job: compare with the last state, hold back the buffer, say out what changed. */
final class StockJob implements Processor<byte[], byte[], byte[], byte[]> {
    static final long LOW_WATER = 5;
    private static final long HELD_BACK = 2;
    private static final long PERCENTAGE = 10;
    private static final long CAP = 99_999;
    private static final String MARKET = "bench";
    private static boolean started;

    private final StockCodec codec;
    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<String, byte[]> rows;

    StockJob(String fingerprint) {
        codec = new StockCodec(fingerprint);
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> given) {
        context = given;
        rows = given.getStateStore("stock");
    }

    @Override
    public void process(Record<byte[], byte[]> change) {
        if (!started) {
            started = true;
            long millis = System.currentTimeMillis();
            System.out.println("first " + millis * 1_000_000);
        }
        String sku = new String(change.key(), StandardCharsets.UTF_8);
        codec.read(change.value());
        long quantity = codec.quantity;
        byte[] row = rows.get(sku);
        long known = 0;
        long offered = -1;
        long sequence = 0;
        if (row != null) {
            ByteBuffer fields = ByteBuffer.wrap(row);
            known = fields.getLong(0);
            offered = fields.getLong(16);
            sequence = fields.getLong(24);
            if (known == quantity) {
                return;
            }
        }
        long part = quantity > 0 ? (quantity * PERCENTAGE + 99) / 100 : 0;
        boolean byPercentage = part > HELD_BACK;
        long heldBack = byPercentage ? part : HELD_BACK;
        long gross = Math.max(0, Math.min(CAP, quantity - heldBack));
        if (gross != offered) {
            sequence = Math.max(System.currentTimeMillis(), sequence + 1);
            byte[] key = (MARKET + ":product-" + sku.substring(4)).getBytes(StandardCharsets.UTF_8);
            byte[] value = codec.write(sku, sequence, change.timestamp(), gross, heldBack, byPercentage);
            context.forward(change.withKey(key).withValue(value));
        }
        rows.put(sku, ByteBuffer.allocate(32).putLong(quantity).putLong(codec.readAt).putLong(gross)
            .putLong(sequence).array());
    }
}
