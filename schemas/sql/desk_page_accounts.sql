-- Whose accounts there are: an act is written under the account's name.
SELECT name, person FROM account
