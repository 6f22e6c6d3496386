"""Filing of training institutions (机构备案): applied for, reviewed, in force, changed."""
