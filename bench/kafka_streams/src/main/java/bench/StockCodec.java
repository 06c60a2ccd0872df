package bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;

/**
 * Avro by hand on Avro's own decoder and encoder, both reused: what generated classes with custom coders do,
 * without building an object per record.  Fields in the order of the schemas.
 */
final class StockCodec {
    private static final int BODY = 10;
    private static final Utf8 WAREHOUSE = new Utf8("7000000000000000900");
    private static final Utf8 ABSOLUTE = new Utf8("absolute");
    private static final Utf8 PERCENTAGE = new Utf8("percentage");

    private final byte[] framing;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;
    private Utf8 text = new Utf8();

    long quantity;
    long readAt;

    StockCodec(String fingerprint) {
        framing = new byte[BODY];
        framing[0] = (byte) 0xC3;
        framing[1] = 0x01;
        for (int at = 0; at < 8; at++) {
            framing[at + 2] = (byte) Integer.parseInt(fingerprint.substring(2 * at, 2 * at + 2), 16);
        }
    }

    void read(byte[] value) {
        try {
            decoder = DecoderFactory.get().binaryDecoder(value, BODY, value.length - BODY, decoder);
            text = decoder.readString(text);            // source
            readAt = decoder.readLong();
            for (long left = decoder.readArrayStart(); left > 0; left = decoder.arrayNext()) {
                for (; left > 0; left--) {
                    text = decoder.readString(text);    // channel
                    quantity = decoder.readLong();
                }
            }
            if (decoder.readIndex() == 1) {
                decoder.readLong();                     // version
            }
            decoder.readBoolean();                      // complete
            if (decoder.readIndex() == 1) {
                decoder.readLong();                     // orders_until
            }
            for (long left = decoder.readArrayStart(); left > 0; left = decoder.arrayNext()) {
                for (; left > 0; left--) {
                    text = decoder.readString(text);    // acknowledged_orders
                }
            }
            if (decoder.readIndex() == 1) {
                text = decoder.readString(text);        // trace
            }
        } catch (IOException problem) {
            throw new IllegalStateException(problem);
        }
    }

    byte[] write(String sku, long sequence, long changedAt, long gross, long heldBack, boolean byPercentage) {
        try {
            out.reset();
            out.write(framing, 0, BODY);
            encoder = EncoderFactory.get().directBinaryEncoder(out, encoder);
            encoder.writeString(sku);
            encoder.writeLong(sequence);
            encoder.writeLong(changedAt);
            encoder.writeEnum(gross <= StockJob.LOW_WATER ? 0 : 1);
            encoder.writeArrayStart();
            encoder.setItemCount(1);
            encoder.startItem();
            encoder.writeString(WAREHOUSE);
            encoder.writeLong(gross);
            encoder.writeLong(0);                       // net
            encoder.writeLong(0);                       // committed
            encoder.writeLong(gross);                   // sellable
            encoder.writeLong(quantity);
            encoder.writeLong(0);                       // holds
            encoder.writeLong(heldBack);
            encoder.writeString(byPercentage ? PERCENTAGE : ABSOLUTE);
            encoder.writeArrayEnd();
            encoder.writeArrayStart();                  // facts
            encoder.writeArrayEnd();
            encoder.writeLong(StockJob.LOW_WATER);
            encoder.writeBoolean(false);                // released
            encoder.writeIndex(0);                      // trace
            encoder.flush();
            return out.toByteArray();
        } catch (IOException problem) {
            throw new IllegalStateException(problem);
        }
    }
}
