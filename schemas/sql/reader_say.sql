-- Tells `reader_make`, in the same transaction, what the server shall know the reader's password by.
SELECT set_config('reader.verifier', %(verifier)s, true)
