-- The account of a log-in as it stands now, and whether that log-in or the account was ended.
SELECT a.name, a.role, a.person, a.site_id, a.must_change, a.session_epoch,
       a.disabled_at IS NOT NULL OR EXISTS (SELECT FROM account_token t WHERE t.digest = %(key)s) AS is_over
FROM account a WHERE a.name = %(account)s
