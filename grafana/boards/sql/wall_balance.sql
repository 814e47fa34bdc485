-- Received less stored, duplicate and rejected: anything but 0 is a loss. And what was received at all.
SELECT sum(astray)::bigint AS "守恒差", sum(received)::bigint AS "累计接收" FROM screen.tally
