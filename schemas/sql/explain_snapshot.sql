-- All that follows in this transaction sees the database as of one instant.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
