-- One account is disabled at a time: the last administrator must stay.
LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE
